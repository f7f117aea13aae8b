import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import type { AuthError } from '../../../core/errors.ts'
import { draftUser } from '../../../core/identities/draft.ts'
import type { User } from '../../../core/identities/identity.ts'
import { beginPasskeyLogin, type PasskeyLoginRequest } from '../../../core/passkeys/begin-login.ts'
import { beginPasskeyRegistration } from '../../../core/passkeys/begin-registration.ts'
import { finishPasskeyRegistration } from '../../../core/passkeys/finish-registration.ts'
import { signInWithPasskey } from '../../../core/passkeys/sign-in-with-passkey.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { draftSession } from '../../../core/sessions/draft-session.ts'
import type { Session } from '../../../core/sessions/session.ts'
import type { SessionWish } from '../../../core/sign-in/settle-session.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import {
  type Authenticator,
  type AuthenticatorKind,
  createAuthenticator,
  type SoftPasskey,
} from '../../support/authenticator.ts'
import { TestClock } from '../../support/clock.ts'
import { openTestStores, type StoreName } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'

const RP_ID = 'app.example.test'
const OTHER_ORIGIN = 'https://shop.example.test'
export const REGISTRATION = 'walletkit.passkey-registration'
export const LOGIN = 'walletkit.passkey-login'
const REFRESHABLE = { kind: 'refreshable', ttlSeconds: 3600, device: null } as const
const TTL_SECONDS = 300

/** What both acts may be told otherwise. */
interface Terms {
  readonly projectId?: string
  readonly purpose?: typeof REGISTRATION | typeof LOGIN
  readonly rpId?: string | null
  readonly acceptsOrigin?: (origin: string) => boolean
}

/** Everything passkeys need, over stores of this kind, in a project of its own. */
export function openPasskeyParts(store: StoreName, wrap: (stores: Stores) => Stores = (stores) => stores) {
  const opened = openTestStores(store, inject('redisUrl'))
  const stores = wrap(opened)
  const clock = new TestClock()
  const random = createSystemRandom()
  const ports = { stores, clock, random }
  const projectId = `test-${randomUUID()}`
  const acceptsOrigin = (origin: string) => origin === ORIGIN || origin === OTHER_ORIGIN
  const terms = { projectId, rpId: null, acceptsOrigin }

  const newUser = async (change: Partial<User> = {}): Promise<User> => {
    const user = { ...draftUser(projectId, clock.now(), random), ...change }
    await opened.identities.createUser(user)
    return user
  }
  const begin = (userId: string, more: { rpId?: string | null; projectId?: string; purpose?: typeof LOGIN } = {}) =>
    beginPasskeyRegistration(ports, {
      projectId,
      purpose: REGISTRATION,
      userId,
      projectName: 'My App',
      rpId: null,
      ttlSeconds: TTL_SECONDS,
      ...more,
    })
  /** A session that nobody was asked a proof for. */
  const openSession = async (userId: string): Promise<Session> => {
    const wish = { ttlSeconds: 3600, device: null }
    const session = draftSession({ projectId, userId, door: 'walletkit' }, [], wish, clock.now(), random)
    await opened.sessions.open(session, null)
    return session
  }
  const finish = async (userId: string, response: unknown, { projectId: other, ...more }: Terms = {}) => {
    const own = await openSession(userId)
    const session = { ...own, projectId: other ?? projectId }
    const proof = { rpId: null, acceptsOrigin, purpose: REGISTRATION, session, response, ...more } as const
    // Ended again, so that those who count a user's sessions find their own.
    const end = () => opened.sessions.revoke(projectId, own.id, clock.now())
    return finishPasskeyRegistration(ports, proof).finally(end)
  }
  const beginLogin = (more: Partial<PasskeyLoginRequest> = {}) =>
    beginPasskeyLogin(ports, {
      projectId,
      purpose: LOGIN,
      account: 'any',
      rpId: null,
      ttlSeconds: TTL_SECONDS,
      ...more,
    })
  const signIn = (response: unknown, more: Terms = {}, wish: SessionWish = REFRESHABLE) =>
    signInWithPasskey(ports, 'walletkit', { ...terms, purpose: LOGIN, response, ...more }, wish)

  return {
    stores,
    ports,
    clock,
    projectId,
    newUser,
    openSession,
    begin,
    finish,
    beginLogin,
    signIn,
    /** A user with a passkey on an authenticator. */
    async enrol(kind: AuthenticatorKind = {}, user?: User) {
      const owner = user ?? (await newUser())
      const authenticator = createAuthenticator(kind)
      const passkey = await finish(owner.id, authenticator.create(await begin(owner.id), ORIGIN))
      const soft = authenticator.passkeys.at(-1)
      if (soft === undefined) throw new Error('nothing was made')
      return { user: owner, authenticator, passkey, soft }
    },
    /** A fresh assertion of this authenticator. */
    async assertion(authenticator: Authenticator, lies = {}, soft?: SoftPasskey) {
      return authenticator.get(await beginLogin(), ORIGIN, lies, soft)
    },
    close: () => opened.close(),
  }
}

export type PasskeyParts = ReturnType<typeof openPasskeyParts>

/** The refusal of this act: the reason of `passkey_unusable`, another code, or `accepted`. */
export async function refusalOf(act: Promise<unknown>): Promise<string> {
  return act.then(
    () => 'accepted',
    (error: AuthError) => (error.code === 'passkey_unusable' ? error.reason : (error.code ?? String(error))),
  )
}

export { OTHER_ORIGIN, RP_ID }
