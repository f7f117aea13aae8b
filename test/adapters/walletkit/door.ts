import { randomUUID } from 'node:crypto'
import { createSystemRandom } from '../../../core/random.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import type { MailSettings, ProjectSettings, WalletKitSettings } from '../../../src/config/settings.ts'
import { listen } from '../../../src/http/listen.ts'
import type { LocalMail } from '../../../src/mail/local-mailbox.ts'
import { type Answer, ApiClient, type ApiRequest, JSON_TYPE } from '../../support/api-client.ts'
import { type AssertionJson, type Authenticator, createAuthenticator } from '../../support/authenticator.ts'
import { TestClock } from '../../support/clock.ts'
import { openTestGateway, type StoreName, TEST_PUBLIC_URL, type TestGateway } from '../../support/gateway.ts'
import { codeIn, linkIn, mailsTo, openTestMail, type TestMail } from '../../support/mail.ts'
import { ORIGIN } from '../../support/origin.ts'
import { formatSignInText, type SignInText } from '../../support/sign-in-text.ts'
import { ethereumSigner, type Signer } from '../../support/signers.ts'
import { SpecCheck } from '../../support/spec-check.ts'
import { decodeAs } from './js-client.ts'
import { type PageAnswer, PageVisitor } from './page.ts'

const SPEC = new SpecCheck('walletkit.openapi.yaml', 'WalletKitErrorResponse')
const random = createSystemRandom()

/** When the clock of a door stands still at first. Not on a whole second, so that rounding shows. */
export const START = new Date('2026-06-22T10:00:00.789Z')
export const MINUTE_MS = 60_000
export const PROJECT_HEADER = 'x-walletkit-project-id'
/** WK-02. */
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

export type Body = Readonly<Record<string, unknown>>

export interface SessionFields {
  readonly id: string
  readonly created_at: string
  readonly project_id: string
  readonly user_id: string
  readonly access_token: string
  readonly access_token_expires_at: string
  readonly refresh_token: string
  readonly refresh_token_expires_at: string
}

export interface ChallengeFields {
  readonly id: string
  readonly code: string
  readonly expired: boolean
  readonly completed: boolean
}

export const newEmail = (): string => `${randomUUID()}@example.test`

/** A project that only this test knows, with a WalletKit face. */
export function walletKitProject(
  section: Partial<WalletKitSettings> = {},
  project: Partial<ProjectSettings> = {},
): ProjectSettings {
  return {
    id: `test-${randomUUID()}`,
    name: 'My App',
    allowedOrigins: [ORIGIN],
    wildcardOrigins: [],
    allowLocalhost: false,
    evmRpcUrls: {},
    allowedFactories: null,
    fourmica: null,
    moonkey: null,
    ...project,
    walletkit: {
      projectId: randomUUID(),
      rpId: null,
      accessTtlSeconds: 43_200,
      refreshTtlSeconds: 2_592_000,
      ...section,
    },
  }
}

/** How a sign-in message departs from what a page builds for this project. */
export interface MessageDeparture extends Partial<SignInText> {
  /** Rewrites the message before it is signed. */
  readonly edit?: (message: string) => string
  /** Signs instead of the wallet itself. */
  readonly signer?: Signer
}

export interface WalletProof extends Body {
  readonly siwe_message: string
  readonly signature: string
}

/** The WalletKit endpoints of one project, every answer of which is checked, and a client's way through them. */
export class WalletKitDoor {
  readonly gateway: TestGateway
  readonly project: ProjectSettings
  readonly clock: TestClock
  /** As clients name the project. */
  readonly projectId: string
  readonly #client: ApiClient
  readonly #mail: TestMail

  constructor(gateway: TestGateway, project: ProjectSettings, mail: TestMail) {
    if (project.walletkit === null) throw new RangeError('the project has no WalletKit section')
    this.gateway = gateway
    this.project = project
    this.clock = gateway.clock
    this.projectId = project.walletkit.projectId
    this.#client = new ApiClient(gateway.app, SPEC)
    this.#mail = mail
  }

  get logs(): readonly Record<string, unknown>[] {
    return this.gateway.logs
  }

  /** Code and reason of the newest log line: why the last request was refused. */
  get lastRefusal(): string {
    const line = this.gateway.logs.at(-1)
    return `${line?.['code']}: ${line?.['reason']}`
  }

  /** Sends exactly this: no project is named. Whatever comes back is held against the document and the rules of every answer. */
  async send(path: string, request: ApiRequest = {}): Promise<Answer> {
    const answer = await this.#client.send(path, request)
    await requireWalletKitRules(`${request.method ?? 'POST'} ${path.slice(0, 80)}`, answer, request.method)
    return answer
  }

  /** The same, in the name of the project. */
  call(path: string, { headers = {}, ...request }: ApiRequest = {}): Promise<Answer> {
    return this.send(path, { ...request, headers: { [PROJECT_HEADER]: this.projectId, ...headers } })
  }

  post(path: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call(path, { headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(value) })
  }

  /** A POST without a body, as axios in Node sends it. */
  bare(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call(path, { headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } })
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call(path, { method: 'GET', headers })
  }

  /** The pages that mails lead to. */
  get visitor(): PageVisitor {
    return new PageVisitor(this.gateway.app)
  }

  // E-mail codes

  loginWithEmail(email: string): Promise<Answer> {
    return this.post('/users/login-with-email', { email })
  }

  verify(fields: Body, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.post('/users/verify-login', fields, headers)
  }

  mailsTo(email: string, count = 1): Promise<readonly LocalMail[]> {
    return mailsTo(this.#mail.mailbox, email, count)
  }

  /** Asks for a code: the id to show beside it, and the code in the mail. */
  async mailedCode(email = newEmail()): Promise<{ readonly user_id: string; readonly verification_code: string }> {
    const earlier = this.#mailCount(email)
    const { user_id } = bodyOf(await this.loginWithEmail(email))
    const mails = await this.mailsTo(email, earlier + 1)
    return { user_id: String(user_id), verification_code: codeIn(mails.at(-1)?.text ?? '') }
  }

  async signInByEmail(email = newEmail()): Promise<SessionFields> {
    return readSession(await this.verify(await this.mailedCode(email)))
  }

  // Magic links

  loginWithMagicLink(email: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.post('/users/login-with-magic-link', { email }, headers)
  }

  /** Asks for a link: what whoever asked receives, and what is mailed. */
  async mailedLink(
    email = newEmail(),
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly challenge: ChallengeFields; readonly link: URL; readonly mail: LocalMail }> {
    const earlier = this.#mailCount(email)
    const challenge = readChallenge(await this.loginWithMagicLink(email, headers))
    const mail = (await this.mailsTo(email, earlier + 1)).at(-1)
    if (mail === undefined) throw new Error('no mail')
    return { challenge, mail, link: linkIn(mail.text) }
  }

  #mailCount(email: string): number {
    return this.#mail.mailbox?.list().filter(({ to }) => to === email).length ?? 0
  }

  /** Opens the link and presses its button. */
  confirm(link: URL): Promise<PageAnswer> {
    return this.visitor.confirm(link)
  }

  poll(code: string): Promise<Answer> {
    return this.get(`/users/session-challenge?code=${encodeURIComponent(code)}`)
  }

  /** The two flags as one word. */
  async stateOf(code: string): Promise<'pending' | 'completed' | 'expired'> {
    const { expired, completed } = readChallenge(await this.poll(code))
    return completed ? 'completed' : expired ? 'expired' : 'pending'
  }

  redeem(code: string): Promise<Answer> {
    return this.verify({ session_challenge_code: code })
  }

  async signInByLink(email = newEmail()): Promise<SessionFields> {
    const { challenge, link } = await this.mailedLink(email)
    await this.confirm(link)
    return readSession(await this.redeem(challenge.code))
  }

  // Wallets

  loginWithWallet(address: string): Promise<Answer> {
    return this.post('/users/login-with-wallet', { sign_in_wallet: address })
  }

  async nonceFor(signer: Pick<Signer, 'address'>): Promise<{ readonly user_id: string; readonly nonce: string }> {
    const { user_id, nonce } = bodyOf(await this.loginWithWallet(signer.address))
    return { user_id: String(user_id), nonce: String(nonce) }
  }

  signInText(signer: Signer, nonce: string, departure: MessageDeparture = {}): string {
    const { edit, signer: _, ...fields } = departure
    const canonical = formatSignInText(signer.type, {
      domain: new URL(ORIGIN).host,
      address: signer.address,
      statement: 'Sign in to My App.',
      uri: ORIGIN,
      chainId: 1,
      issuedAt: this.clock.now().toISOString(),
      expiration: null,
      notBefore: null,
      requestId: null,
      ...fields,
      nonce,
    })
    return edit?.(canonical) ?? canonical
  }

  /** Asks for a nonce, builds and signs the message: the body of `verify-login`. */
  async prove(signer: Signer, departure: MessageDeparture = {}): Promise<WalletProof> {
    const nonce = departure.nonce ?? (await this.nonceFor(signer)).nonce
    const message = this.signInText(signer, nonce, departure)
    return { siwe_message: message, signature: await (departure.signer ?? signer).sign(message) }
  }

  async signInByWallet(signer: Signer = ethereumSigner()): Promise<SessionFields> {
    return readSession(await this.verify(await this.prove(signer)))
  }

  // Sessions

  async signInAnonymously(): Promise<SessionFields> {
    return readSession(await this.bare('/users/login-anonymously'))
  }

  refresh({ id, refresh_token }: Pick<SessionFields, 'id' | 'refresh_token'>): Promise<Answer> {
    return this.post('/users/refresh-token', { session_id: id, refresh_token })
  }

  async refreshed(session: Pick<SessionFields, 'id' | 'refresh_token'>): Promise<SessionFields> {
    return readSession(await this.refresh(session))
  }

  logout(session: Pick<SessionFields, 'access_token'>): Promise<Answer> {
    return this.bare('/users/logout', bearer(session))
  }

  wallets(session: Pick<SessionFields, 'access_token'>, query = ''): Promise<Answer> {
    return this.get(`/wallets${query}`, bearer(session))
  }

  /** 200 while the session lives, 401 afterwards. */
  async statusOf(session: Pick<SessionFields, 'access_token'>): Promise<number> {
    return (await this.wallets(session)).status
  }

  // Passkeys

  beginRegistration(session: Pick<SessionFields, 'access_token'>): Promise<Answer> {
    return this.bare('/users/passkey/begin-registration', bearer(session))
  }

  finishRegistration(session: Pick<SessionFields, 'access_token'>, attestation: unknown): Promise<Answer> {
    return this.post('/users/passkey/finish-registration', attestation, bearer(session))
  }

  /** Makes a passkey for the session's user. */
  async addPasskey(
    session: Pick<SessionFields, 'access_token'>,
    authenticator: Authenticator = createAuthenticator(),
    origin = ORIGIN,
  ): Promise<Authenticator> {
    const attestation = authenticator.create(readCreation(await this.beginRegistration(session)), origin)
    const answer = await this.finishRegistration(session, attestation)
    if (answer.status !== 204) throw new Error(`expected 204, got ${answer.status}: ${answer.text}`)
    return authenticator
  }

  /** A discoverable login, up to the assertion. */
  async assert(authenticator: Authenticator, origin = ORIGIN): Promise<AssertionJson> {
    return authenticator.get(readRequest(await this.bare('/users/login-with-discoverable-passkey')), origin)
  }

  showPasskey(assertion: unknown): Promise<Answer> {
    return this.verify({ passkey_credential_assertion_response: assertion })
  }

  async signInByPasskey(authenticator: Authenticator): Promise<SessionFields> {
    return readSession(await this.showPasskey(await this.assert(authenticator)))
  }
}

/** What every answer of this dialect obeys, on top of its document. */
async function requireWalletKitRules(place: string, answer: Answer, method = 'POST'): Promise<void> {
  const { status, headers, body, text } = answer
  const complain = (what: string): never => {
    throw new Error(`${place} answered ${status} ${what}: ${text.slice(0, 300)}`)
  }
  if (method === 'OPTIONS' && status < 300) return
  if (/basic/i.test(headers.get('www-authenticate') ?? '')) complain('and asks for a password')
  if (status === 204) return text === '' ? undefined : complain('with a body')
  if (!/^application\/json\b/.test(headers.get('content-type') ?? '')) complain(`as ${headers.get('content-type')}`)
  if (method === 'HEAD') return
  if (text === '') complain('without a body')
  if ((status === 503 || status === 429) !== (headers.get('retry-after') !== null)) complain('and Retry-After')
  if (status < 400) return status === 200 ? undefined : complain('as a success')
  const error = await decodeAs('ErrorResponse', body)
  if (error['error'] === '' || typeof error['code'] !== 'string' || error['code'] === '') complain('without a code')
}

/** The JSON object of an answer that must be 200. */
export function bodyOf(answer: Answer): Body {
  if (answer.status !== 200) throw new Error(`expected 200, got ${answer.status}: ${answer.text.slice(0, 300)}`)
  return answer.body as Body
}

const SESSION_MEMBERS = [
  'access_token',
  'access_token_expires_at',
  'created_at',
  'id',
  'project_id',
  'refresh_token',
  'refresh_token_expires_at',
  'user_id',
]

/** WK-02. */
export function readSession(answer: Answer): SessionFields {
  const body = bodyOf(answer)
  if (Object.keys(body).sort().join() !== SESSION_MEMBERS.join()) throw new Error(`no Session: ${answer.text}`)
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string' || value === '') throw new Error(`${name} is no text: ${answer.text}`)
    if (name.endsWith('_at') && !TIME.test(value)) throw new Error(`${name} is no time: ${answer.text}`)
  }
  return body as unknown as SessionFields
}

/** WK-02, WK-03. */
export function readChallenge(answer: Answer): ChallengeFields {
  const body = bodyOf(answer)
  const { id, code, expired, completed } = body
  if (Object.keys(body).sort().join() !== 'code,completed,expired,id') throw new Error(`no challenge: ${answer.text}`)
  if (typeof id !== 'string' || id === '' || typeof code !== 'string') throw new Error(`no text: ${answer.text}`)
  if (typeof expired !== 'boolean' || typeof completed !== 'boolean') throw new Error(`no flags: ${answer.text}`)
  if (expired && completed) throw new Error(`both expired and completed: ${answer.text}`)
  return { id, code, expired, completed }
}

/** Nothing null, at any depth: browsers choke on it (WalletKit digest §2.6). */
function requireNoNull(value: unknown, place: string): void {
  if (value === null || value === undefined) throw new Error(`${place} is null`)
  if (typeof value !== 'object') return
  for (const [key, each] of Object.entries(value)) requireNoNull(each, `${place}.${key}`)
}

interface CreationOptions {
  readonly rp: { readonly id?: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly challenge: string
  readonly pubKeyCredParams: readonly { readonly type: string; readonly alg: number }[]
  readonly excludeCredentials?: readonly { readonly id: string; readonly type: string }[]
  readonly authenticatorSelection?: Body
}

/** WK-20: what Link reads of creation options. */
export function readCreation(answer: Answer): CreationOptions {
  const { publicKey } = bodyOf(answer)
  requireNoNull(publicKey, 'publicKey')
  const options = publicKey as CreationOptions
  requireBase64url(options.challenge, options.user.id, ...(options.excludeCredentials ?? []).map(({ id }) => id))
  return options
}

interface RequestOptions {
  readonly challenge: string
  readonly rpId?: string
  readonly allowCredentials?: readonly { readonly id: string }[]
  readonly userVerification?: string
  readonly timeout?: number
}

/** WK-20: what Link reads of request options. */
export function readRequest(answer: Answer): RequestOptions {
  const { publicKey } = bodyOf(answer)
  requireNoNull(publicKey, 'publicKey')
  const options = publicKey as RequestOptions
  requireBase64url(options.challenge, ...(options.allowCredentials ?? []).map(({ id }) => id))
  return options
}

function requireBase64url(...texts: readonly string[]): void {
  for (const each of texts) if (!/^[A-Za-z0-9_-]+$/.test(each)) throw new Error(`no base64url: ${each}`)
}

export const bearer = ({ access_token }: Pick<SessionFields, 'access_token'>): { readonly authorization: string } => ({
  authorization: `Bearer ${access_token}`,
})

/** Status and `code` in one: what a test expects of a refusal. */
export function refusalOf({ status, body }: Answer): string {
  return status < 300 ? String(status) : `${status} ${(body as Body)['code']}`
}

/** Header and claims of a JWT, unverified: for tests that are about something else. */
export function decodeJwt(jwt: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const [header, claims] = jwt.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
  return { header, claims }
}

export interface OpenedGateway {
  readonly gateway: TestGateway
  readonly doors: readonly WalletKitDoor[]
  readonly mail: TestMail
  readonly secrets: readonly Uint8Array[]
  /** Keeps the stores. */
  close(): Promise<void>
}

interface GatewayOptions {
  readonly projects?: readonly ProjectSettings[]
  readonly mail?: MailSettings
  readonly clock?: TestClock
}

/** A gateway with these projects, one if none is given, whose mails a test reads. */
export async function openWalletKit(
  store: StoreName,
  stores: Stores,
  { projects = [walletKitProject()], mail: mailSettings, clock = new TestClock(START) }: GatewayOptions = {},
): Promise<OpenedGateway> {
  const secrets = [random.bytes(32)]
  const mail = openTestMail(store, { clock, secrets, mail: mailSettings })
  const gateway = await openTestGateway({ projects, stores, clock, secrets, mail: mail.outbox })
  const doors = projects
    .filter(({ walletkit }) => walletkit !== null)
    .map((project) => new WalletKitDoor(gateway, project, mail))
  return { gateway, doors, mail, secrets, close: () => mail.close() }
}

/** A gateway with one project. */
export async function openDoor(
  store: StoreName,
  stores: Stores,
  project: ProjectSettings = walletKitProject(),
): Promise<{ readonly door: WalletKitDoor; close(): Promise<void> }> {
  const { doors, close } = await openWalletKit(store, stores, { projects: [project] })
  return { door: firstOf(doors), close }
}

export function firstOf<T>(many: readonly T[]): T {
  const [first] = many
  if (first === undefined) throw new RangeError('none')
  return first
}

/** What a client outside the process talks to. */
export interface ListeningDoor {
  readonly door: WalletKitDoor
  /** The origin, without a slash. */
  readonly url: string
  /** Where this server answers for a link in a mail. */
  reach(link: URL): URL
  close(): Promise<void>
}

/** A gateway with one project on a socket. Its clock stands at the real time, since clients bring their own. */
export async function listenDoor(
  store: StoreName,
  stores: Stores,
  project: ProjectSettings = walletKitProject(),
  mail?: MailSettings,
): Promise<ListeningDoor> {
  const clock = new TestClock(new Date())
  const opened = await openWalletKit(store, stores, {
    projects: [project],
    clock,
    ...(mail === undefined ? {} : { mail }),
  })
  const server = await listen(opened.gateway.app.fetch, { host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${server.port}`
  return {
    door: firstOf(opened.doors),
    url,
    reach: (link) => new URL(link.href.replace(TEST_PUBLIC_URL, url)),
    async close() {
      await server.drain(1_000)
      await opened.close()
    },
  }
}
