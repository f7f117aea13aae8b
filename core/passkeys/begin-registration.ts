import type { ChallengePurpose } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import type { Contact, Credential, User } from '../identities/identity.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Stores } from '../stores/stores.ts'
import { passkeysOf, requireRoom } from './limit-passkeys.ts'
import { issuePasskeyChallenge } from './passkey-challenge.ts'
import { PUBLIC_KEY_ALGORITHMS } from './public-key.ts'
import { userHandleOf } from './user-handle.ts'

export interface PasskeyRegistrationRequest {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  readonly userId: string
  /** As the browser calls it. */
  readonly projectName: string
  /** Null: the host of the page that asks. */
  readonly rpId: string | null
  readonly ttlSeconds: number
}

/** WebAuthn §5.4, in JSON. What there is nothing to say about is left out: a browser takes a null for a value. */
export interface PasskeyCreationOptions {
  readonly rp: { readonly name: string; readonly id?: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly challenge: string
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  /** Milliseconds. */
  readonly timeout: number
  readonly excludeCredentials?: readonly PasskeyDescriptor[]
  readonly authenticatorSelection: {
    readonly residentKey: 'required'
    readonly requireResidentKey: true
    readonly userVerification: 'preferred'
  }
  readonly attestation: 'none'
}

interface PasskeyDescriptor {
  readonly type: 'public-key'
  readonly id: string
  readonly transports?: readonly string[]
}

/**
 * What a browser needs to make a passkey of this user: one that can be found without a name, because nobody is asked for one when
 * signing in.
 *
 * @throws {AuthError} `user_unknown`, `passkey_unusable` when the user has as many as may be, `store_unavailable`
 */
export async function beginPasskeyRegistration(
  {
    stores,
    clock,
    random,
  }: {
    readonly stores: Pick<Stores, 'challenges' | 'identities'>
    readonly clock: Clock
    readonly random: RandomSource
  },
  { projectId, purpose, userId, projectName, rpId, ttlSeconds }: PasskeyRegistrationRequest,
): Promise<PasskeyCreationOptions> {
  const [user, credentials] = await Promise.all([
    stores.identities.findUser(projectId, userId),
    stores.identities.listCredentials(projectId, userId),
  ])
  if (user === null) throw new AuthError('user_unknown')
  requireRoom(credentials, 1)
  const request = { projectId, purpose, userId, ttlSeconds, context: {} }
  const challenge = await issuePasskeyChallenge({ stores, random }, request, clock.now())
  const name = nameOf(user, credentials)
  const known = passkeysOf(credentials).map(
    ({ credentialId, transports }): PasskeyDescriptor => ({
      type: 'public-key',
      id: credentialId,
      ...(transports.length > 0 && { transports }),
    }),
  )
  return {
    rp: { name: projectName, ...(rpId !== null && { id: rpId }) },
    user: {
      id: userHandleOf(userId).toString('base64url'),
      name,
      displayName: [user.name.first, user.name.middle, user.name.last].filter((part) => part !== '').join(' ') || name,
    },
    challenge,
    pubKeyCredParams: Object.values(PUBLIC_KEY_ALGORITHMS).map((alg) => ({ type: 'public-key', alg })),
    timeout: ttlSeconds * 1000,
    ...(known.length > 0 && { excludeCredentials: known }),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'preferred' },
    attestation: 'none',
  }
}

/** What tells this user from others in the browser's list: only what was proved, because others may have entered the rest. */
function nameOf({ id }: User, credentials: readonly Credential[]): string {
  const proved = credentials.filter(({ verifiedAt }) => verifiedAt !== null)
  const email = proved.find((each): each is Contact => each.kind === 'email')
  if (email !== undefined) return email.value
  const wallet = proved.find((each) => each.kind === 'wallet')
  if (wallet === undefined) return `Account ${id.slice(-6)}`
  const { address } = wallet.account
  return `${address.slice(0, 6)}…${address.slice(-4)}`
}
