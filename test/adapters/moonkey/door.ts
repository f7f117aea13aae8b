import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import {
  BeginReply,
  ErrorReply,
  KeySetReply,
  NonceReply,
  SessionListReply,
  SessionReply,
  VerifyWalletReply,
} from '../../../adapters/moonkey/schemas.ts'
import { CreateUserReply, UserReply } from '../../../adapters/moonkey/user-schemas.ts'
import type { Account } from '../../../core/accounts/account.ts'
import type { Challenge, ChallengePurpose } from '../../../core/challenges/challenge.ts'
import { newAlphanumeric, newKsuid } from '../../../core/ids.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import type { MoonKeySettings, ProjectSettings } from '../../../src/config/settings.ts'
import { listen } from '../../../src/http/listen.ts'
import { type Answer, ApiClient, type ApiRequest, JSON_TYPE } from '../../support/api-client.ts'
import { TestClock } from '../../support/clock.ts'
import { openTestGateway, type TestGateway } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { formatSignInText } from '../../support/sign-in-text.ts'
import { ethereumSigner, type Signer } from '../../support/signers.ts'
import { SpecCheck } from '../../support/spec-check.ts'

const SPEC = new SpecCheck('moonkey.openapi.yaml', 'MoonKeyErrorReply')
const random = createSystemRandom()

/** When the clock of a door stands still at first. Not on a whole second, so that rounding shows. */
export const START = new Date('2026-06-22T10:00:00.789Z')

export const BEGIN = '/v1/auth/wallets/registrations/begin'
export const NONCE = '/v1/auth/wallets/registrations/nonce'
export const VERIFY = '/v1/auth/wallets/verify'
export const SIWE_VERIFY = '/v1/auth/wallets/siwe/verify'
export const SESSIONS = '/v1/auth/sessions'
export const USERS = '/v1/auth/users'

/** A project that only this test knows, with a MoonKey face. */
export function moonKeyProject(
  section: Partial<MoonKeySettings> = {},
  project: Partial<ProjectSettings> = {},
): ProjectSettings {
  const key = (prefix: string) => `${prefix}${newAlphanumeric(48, random)}`
  return {
    id: `test-${randomUUID()}`,
    name: 'My App',
    allowedOrigins: [ORIGIN],
    wildcardOrigins: [],
    allowLocalhost: false,
    evmRpcUrls: {},
    allowedFactories: null,
    walletkit: null,
    fourmica: null,
    ...project,
    moonkey: {
      appId: `app_${newKsuid(START, random)}`,
      secretKeys: [key('sk_test_')],
      publicKeys: [key('pk_test_')],
      ...section,
    },
  }
}

/** How a sign-in message departs from what a page builds for this App. */
export interface MessageDeparture {
  readonly domain?: string
  readonly address?: string
  readonly statement?: string | null
  readonly uri?: string
  readonly chainId?: number | string
  readonly nonce?: string
  readonly issuedAt?: string
  readonly expiration?: string | null
  readonly notBefore?: string | null
  readonly requestId?: string | null
  /** Rewrites the message before it is signed. */
  readonly edit?: (message: string) => string
  /** Signs instead of the wallet itself. */
  readonly signer?: Signer
}

export type BeginFields = z.infer<typeof BeginReply>
export type NonceFields = z.infer<typeof NonceReply>
export type WalletFields = z.infer<typeof VerifyWalletReply>
export type SessionTrio = z.infer<typeof SessionReply>
export type ErrorFields = z.infer<typeof ErrorReply>
export type Body = Readonly<Record<string, unknown>>

/** The MoonKey endpoints of one App, every answer of which is checked, and a client's way through them. */
export class MoonKeyDoor {
  readonly gateway: TestGateway
  readonly project: ProjectSettings
  readonly clock: TestClock
  readonly appId: string
  readonly secretKey: string
  readonly publicKey: string
  readonly #client: ApiClient

  /** @param keys in place of the project's first ones */
  constructor(gateway: TestGateway, project: ProjectSettings, keys: { secretKey?: string; publicKey?: string } = {}) {
    const { moonkey } = project
    if (moonkey === null) throw new RangeError('the project has no MoonKey section')
    this.gateway = gateway
    this.project = project
    this.clock = gateway.clock
    this.appId = moonkey.appId
    this.secretKey = keys.secretKey ?? moonkey.secretKeys[0] ?? ''
    this.publicKey = keys.publicKey ?? moonkey.publicKeys[0] ?? ''
    this.#client = new ApiClient(gateway.app, SPEC)
  }

  get logs(): readonly Record<string, unknown>[] {
    return this.gateway.logs
  }

  /** Code and reason of the newest log line: why the last request was refused. */
  get lastRefusal(): string {
    const line = this.gateway.logs.at(-1)
    return `${line?.['code']}: ${line?.['reason']}`
  }

  /** Sends exactly this: no key is added. Whatever comes back is held against the document and the rules of every answer. */
  async send(path: string, request: ApiRequest = {}): Promise<Answer> {
    const answer = await this.#client.send(path, request)
    requireMoonKeyRules(`${request.method ?? 'POST'} ${path.slice(0, 80)}`, answer, request.method)
    return answer
  }

  /** The same with the secret key. */
  call(path: string, { headers = {}, ...request }: ApiRequest = {}): Promise<Answer> {
    return this.send(path, { ...request, headers: { authorization: `Bearer ${this.secretKey}`, ...headers } })
  }

  post(path: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call(path, { headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(value) })
  }

  get(path: string): Promise<Answer> {
    return this.call(path, { method: 'GET' })
  }

  put(path: string, value: unknown): Promise<Answer> {
    return this.call(path, { method: 'PUT', headers: JSON_TYPE, body: JSON.stringify(value) })
  }

  delete(path: string, value?: unknown): Promise<Answer> {
    const body = value === undefined ? null : JSON.stringify(value)
    return this.call(path, { method: 'DELETE', headers: JSON_TYPE, body })
  }

  account({ namespace, address }: Pick<Signer, 'namespace' | 'address'>): Account {
    return this.gateway.core.parseAccount(namespace, address)
  }

  begin(signer: Pick<Signer, 'type' | 'address'>, more: Body = {}): Promise<Answer> {
    return this.post(BEGIN, { wallet_type: signer.type, public_address: signer.address, ...more })
  }

  nonce(signer: Pick<Signer, 'type' | 'address'>, more: Body = {}): Promise<Answer> {
    return this.post(NONCE, { wallet_type: signer.type, public_address: signer.address, ...more })
  }

  /** Begins, and signs the challenge: the body of `verify`. */
  async prove(signer: Signer, more: Body = {}, begin: Body = {}): Promise<Body & { readonly signature: string }> {
    const { challenge } = readBegin(await this.begin(signer, begin))
    const signature = await signer.sign(challenge)
    return { wallet_type: signer.type, public_address: signer.address, signature, ...more }
  }

  verify(body: Body): Promise<Answer> {
    return this.post(VERIFY, body)
  }

  async signIn(signer: Signer, more: Body = {}, begin: Body = {}): Promise<WalletFields> {
    return readWallet(await this.verify(await this.prove(signer, more, begin)))
  }

  /** Signs in and asks for a session of so many minutes. */
  async openSession(signer: Signer = ethereumSigner(), minutes = 60, more: Body = {}): Promise<SessionTrio> {
    return readTrio(await this.signIn(signer, { session_expires_in: minutes, ...more }))
  }

  /** Asks for a nonce, builds and signs the message: the body of `siwe/verify`. */
  async proveBySiwe(
    signer: Signer,
    departure: MessageDeparture = {},
    more: Body = {},
  ): Promise<Body & { readonly signature: string; readonly siwe_challenge: string }> {
    const nonce = departure.nonce ?? readNonce(await this.nonce(signer)).nonce
    const message = this.siweText(signer, nonce, departure)
    const signature = await (departure.signer ?? signer).sign(message)
    return { wallet_type: signer.type, public_address: signer.address, siwe_challenge: message, signature, ...more }
  }

  siweText(signer: Signer, nonce: string, departure: MessageDeparture = {}): string {
    const fields = {
      domain: new URL(ORIGIN).host,
      address: signer.address,
      statement: 'Sign in to My App.',
      uri: ORIGIN,
      issuedAt: this.clock.now().toISOString(),
      expiration: null,
      ...departure,
      nonce,
    }
    const { chainId = 1, notBefore = null, requestId = null } = departure
    const canonical = formatSignInText(signer.type, { ...fields, chainId, notBefore, requestId })
    return departure.edit?.(canonical) ?? canonical
  }

  verifySiwe(body: Body): Promise<Answer> {
    return this.post(SIWE_VERIFY, body)
  }

  async signInBySiwe(signer: Signer, more: Body = {}): Promise<WalletFields> {
    return readWallet(await this.verifySiwe(await this.proveBySiwe(signer, {}, more)))
  }

  verifySession(body: Body): Promise<Answer> {
    return this.post(`${SESSIONS}/verify`, body)
  }

  deleteSession(body?: Body): Promise<Answer> {
    return this.delete(`${SESSIONS}/delete`, body)
  }

  async listSessions(userId: string): Promise<z.infer<typeof SessionListReply>['sessions']> {
    const answer = await this.get(`${SESSIONS}/list?user_id=${encodeURIComponent(userId)}`)
    return SessionListReply.parse(require200(answer).body).sessions
  }

  /** The pending challenge of a wallet, out of the store. */
  async pendingChallenge(signer: Signer, purpose: ChallengePurpose, handle = ''): Promise<Challenge> {
    const subject = this.gateway.core.formatAccountId(this.account(signer))
    const key = { projectId: this.project.id, purpose, subject, handle }
    const found = await this.gateway.stores.challenges.find(key, this.clock.now())
    if (found === null) throw new Error(`no pending ${purpose}`)
    return found
  }

  /** Who owns the wallet on record, or null. */
  async ownerOf(signer: Signer): Promise<string | null> {
    const wallet = await this.gateway.stores.identities.findWallet(this.project.id, this.account(signer))
    return wallet?.userId ?? null
  }

  async user(userId: string): Promise<z.infer<typeof UserReply>> {
    return UserReply.parse(require200(await this.get(`${USERS}/${userId}`)).body)
  }

  async createUser(fields: Body): Promise<z.infer<typeof CreateUserReply>> {
    return CreateUserReply.parse(require200(await this.post(`${USERS}/create`, fields)).body)
  }

  /** `users/public/me`, as a page calls it. */
  me(sessionToken: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send(`${USERS}/public/me`, {
      method: 'GET',
      headers: {
        authorization: `PublicToken ${this.publicKey}`,
        'x-streambird-session-token': sessionToken,
        ...headers,
      },
    })
  }

  async keySet(): Promise<z.infer<typeof KeySetReply>> {
    return KeySetReply.parse(require200(await this.get('/v1/auth/jwks/default')).body)
  }
}

/** What every answer of this dialect obeys, on top of its document: exactly 200, or a flat error that says its status. */
function requireMoonKeyRules(place: string, { status, headers, body, text }: Answer, method = 'POST'): void {
  const complain = (what: string): never => {
    throw new Error(`${place} answered ${status} ${what}: ${text.slice(0, 300)}`)
  }
  if (method === 'OPTIONS' && status === 200) return
  if (headers.get('content-type') !== 'application/json') complain(`as "${headers.get('content-type')}"`)
  if (method === 'HEAD') return
  if (typeof body !== 'object' || body === null || Array.isArray(body)) complain('without an object')
  if (status === 200) return
  const error = ErrorReply.parse(body)
  if (status < 400 || error.status_code !== status) complain('with another status in the body')
  if ((status === 401) !== (error.error_type === 'unauthorized')) complain('though 401 is for keys alone')
  if ((status === 503 || status === 429) !== (headers.get('retry-after') !== null)) complain('and Retry-After')
}

function require200(answer: Answer): Answer {
  if (answer.status !== 200) throw new Error(`expected 200, got ${answer.status}: ${answer.text.slice(0, 300)}`)
  return answer
}

export const readBegin = (answer: Answer): BeginFields => BeginReply.parse(require200(answer).body)
export const readNonce = (answer: Answer): NonceFields => NonceReply.parse(require200(answer).body)
export const readWallet = (answer: Answer): WalletFields => VerifyWalletReply.parse(require200(answer).body)
export const readSession = (answer: Answer): SessionTrio => SessionReply.parse(require200(answer).body)

/** The session of a sign-in that asked for one. */
export function readTrio({ session, session_token, session_jwt }: WalletFields): SessionTrio {
  return SessionReply.parse({ session, session_token, session_jwt })
}

/** Status and `error_type` in one: what a test expects of a refusal. */
export function refusalOf({ status, body }: Answer): string {
  return status === 200 ? '200' : `${status} ${ErrorReply.parse(body).error_type}`
}

/** Header and claims of a JWT, unverified: for tests that are about something else. */
export function decodeJwt(jwt: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const [header, claims] = jwt.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
  return { header, claims }
}

/** What a client outside the process talks to. */
export interface ListeningDoor {
  readonly door: MoonKeyDoor
  /** The origin, without a slash. */
  readonly url: string
  close(): Promise<void>
}

/** A gateway with one App on a socket. Its clock stands at the real time, since clients bring their own. */
export async function listenDoor(stores: Stores, project: ProjectSettings = moonKeyProject()): Promise<ListeningDoor> {
  const gateway = await openTestGateway({ projects: [project], stores, clock: new TestClock(new Date()) })
  const server = await listen(gateway.app.fetch, { host: '127.0.0.1', port: 0 })
  return {
    door: new MoonKeyDoor(gateway, project),
    url: `http://127.0.0.1:${server.port}`,
    close: () => server.drain(1_000),
  }
}

/** `fetch`, each answer of which is held against the document and the rules of every answer. Follows no redirect. */
export async function fetchChecked(url: string, init: RequestInit & { readonly method: string }): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'manual' })
  const { pathname } = new URL(url)
  const path = pathname
    .replaceAll(/\/{2,}/g, '/')
    .replace(/^\/v1auth\//, '/v1/auth/')
    .replace(/\/magic_links\/invite$/, '/magic_links/email/invite')
  const { method } = init
  const answer = await new ApiClient({ request: () => response.clone() }, SPEC).send(path, { method })
  requireMoonKeyRules(`${method} ${path}`, answer, method)
  return response
}

/** A gateway with one App, on a clock that stands at `START`. */
export async function openDoor(stores: Stores, project: ProjectSettings = moonKeyProject()): Promise<MoonKeyDoor> {
  const gateway = await openTestGateway({ projects: [project], stores, clock: new TestClock(START) })
  return new MoonKeyDoor(gateway, project)
}

/** Two Apps in one gateway, on one clock. */
export async function openTwoDoors(
  stores: Stores,
  projects: readonly [ProjectSettings, ProjectSettings] = [moonKeyProject(), moonKeyProject()],
): Promise<readonly [MoonKeyDoor, MoonKeyDoor]> {
  const gateway = await openTestGateway({ projects, stores, clock: new TestClock(START) })
  return [new MoonKeyDoor(gateway, projects[0]), new MoonKeyDoor(gateway, projects[1])]
}

/** Seconds after the door's clock, as a client writes times. */
export function secondsFrom(clock: TestClock, seconds: number): string {
  return new Date(clock.now().getTime() + Math.round(seconds * 1000)).toISOString()
}

/** Unix time as answers tell it. */
export function unix(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
