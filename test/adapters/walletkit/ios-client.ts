import {
  challengeRules,
  DecodingError,
  decodeAny,
  decodeModel,
  emailLoginRules,
  type Fields,
  type MobileSession,
  type Rule,
  type SentRequest,
  StatusError,
  sendMobile,
  sessionRules,
  walletLoginRules,
} from './mobile.ts'

/** `OpenISO8601DateFormatter`: milliseconds or none, and a zone with a colon or `Z`; or a date alone. */
const PATTERNS = [
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}(?:Z|[+-]\d{2}:\d{2})$/,
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})$/,
  /^\d{4}-\d{2}-\d{2}$/,
]

const date: Rule<Date> = (value, place) => {
  if (typeof value !== 'string' || !PATTERNS.some((pattern) => pattern.test(value))) {
    throw new DecodingError(`${place} is no date: ${String(value)}`)
  }
  return new Date(value)
}

/** Swift's `JSONEncoder` with `prettyPrinted`: ` : ` after keys, `/` escaped, nothing that is nil. */
export function encodeSwift(value: unknown, indent = ''): string {
  const deeper = `${indent}  `
  if (Array.isArray(value))
    return `[\n${value.map((each) => deeper + encodeSwift(each, deeper)).join(',\n')}\n${indent}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).replaceAll('/', '\\/')
  const members = Object.entries(value)
    .filter(([, each]) => each !== undefined && each !== null)
    .map(([key, each]) => `${deeper}${encodeSwift(key)} : ${encodeSwift(each, deeper)}`)
  return `{\n${members.join(',\n')}\n${indent}}`
}

const EXPIRES_SOON_MS = 5 * 60 * 1000

/**
 * The vendor's iOS SDK as its server sees it (WalletKit digest §3): the default `URLSession` cache, pretty-printed bodies, a
 * bearer on calls that need one and decode an answer, and therefore none on `logout` and `finish-registration`.
 */
export class IosClient {
  readonly #base: string
  readonly #projectId: string
  readonly #now: () => number
  readonly #cache = new Map<string, string>()
  readonly sent: SentRequest[] = []
  /** What the keychain holds. */
  session: MobileSession | null = null

  constructor(options: { readonly basePath: string; readonly projectId: string; readonly now?: () => number }) {
    this.#base = options.basePath
    this.#projectId = options.projectId
    this.#now = options.now ?? Date.now
  }

  async #request(
    method: 'GET' | 'POST',
    path: string,
    { body, bearer, query = '' }: { body?: Fields; bearer?: string; query?: string } = {},
  ): Promise<string> {
    const url = `${this.#base}${path}${query}`
    const cached = method === 'GET' ? this.#cache.get(url) : undefined
    if (cached !== undefined) return cached
    const { status, headers, text } = await sendMobile(
      url,
      {
        method,
        headers: {
          accept: '*/*',
          'user-agent': 'WalletKitDemo/1 CFNetwork/1490.0.4 Darwin/23.2.0',
          'x-walletkit-project-id': this.#projectId,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(bearer === undefined
            ? {}
            : { authorization: `Bearer ${bearer}`, 'x-walletkit-token-source': 'walletkit' }),
        },
        body: body === undefined ? null : encodeSwift(body),
      },
      this.sent,
    )
    if (status < 200 || status > 299) throw new StatusError(status, text)
    // RFC 9111 §3: what is not forbidden to be stored may be, and be used again by heuristics.
    if (method === 'GET' && !/\bno-store\b/.test(headers.get('cache-control') ?? '')) this.#cache.set(url, text)
    return text
  }

  #keep(json: string): MobileSession {
    this.session = decodeModel(json, sessionRules(date)) as MobileSession
    return this.session
  }

  /** `WalletKitTokenProvider`: refreshes when either token has five minutes or less left. No lock. */
  async #token(): Promise<string> {
    const { session } = this
    if (session === null) throw new Error('unauthorized')
    const soon = this.#now() + EXPIRES_SOON_MS
    const isSoonOver = [session.access_token_expires_at, session.refresh_token_expires_at].some(
      (at) => at.getTime() <= soon,
    )
    if (!isSoonOver) return session.access_token
    const { id, refresh_token } = session
    return this.#keep(await this.#refresh(id, refresh_token)).access_token
  }

  #refresh(sessionId: string, refreshToken: string): Promise<string> {
    return this.#request('POST', '/users/refresh-token', {
      body: { session_id: sessionId, refresh_token: refreshToken },
    })
  }

  async loginWithEmail(email: string) {
    return decodeModel(await this.#request('POST', '/users/login-with-email', { body: { email } }), emailLoginRules)
  }

  async loginWithMagicLink(email: string) {
    return decodeModel(await this.#request('POST', '/users/login-with-magic-link', { body: { email } }), challengeRules)
  }

  async loginWithWallet(address: string) {
    const body = { sign_in_wallet: address }
    return decodeModel(await this.#request('POST', '/users/login-with-wallet', { body }), walletLoginRules)
  }

  async loginAnonymously(): Promise<MobileSession> {
    return this.#keep(await this.#request('POST', '/users/login-anonymously'))
  }

  async createSessionChallenge() {
    return decodeModel(await this.#request('POST', '/users/create-session-challenge'), challengeRules)
  }

  /** `URLComponents` leaves `+` as it is, which a server reads as a space. */
  async getSessionChallenge(code: string) {
    const query = `?code=${encodeURIComponent(code).replaceAll('%2B', '+')}`
    return decodeModel(await this.#request('GET', '/users/session-challenge', { query }), challengeRules)
  }

  async verifyLogin(request: Fields): Promise<MobileSession> {
    return this.#keep(await this.#request('POST', '/users/verify-login', { body: request }))
  }

  /** Called by hand. Its session is not stored: the old one is used later. */
  async refreshToken(sessionId: string, refreshToken: string): Promise<MobileSession> {
    return decodeModel(await this.#refresh(sessionId, refreshToken), sessionRules(date)) as MobileSession
  }

  async loginWithDiscoverablePasskey(): Promise<Fields> {
    return decodeAny(await this.#request('POST', '/users/login-with-discoverable-passkey'))
  }

  async loginWithPasskey(request: Fields): Promise<Fields> {
    return decodeAny(await this.#request('POST', '/users/login-with-passkey', { body: request }))
  }

  async beginPasskeyRegistration(): Promise<Fields> {
    return decodeAny(await this.#request('POST', '/users/passkey/begin-registration', { bearer: await this.#token() }))
  }

  async finishPasskeyRegistration(attestation: Fields): Promise<void> {
    await this.#request('POST', '/users/passkey/finish-registration', { body: attestation })
  }

  /** Signs out of the app whatever the server says. */
  async logout(): Promise<number> {
    const verdict = await this.#request('POST', '/users/logout').then(
      () => 204,
      (error: unknown) => (error instanceof StatusError ? error.status : 0),
    )
    this.session = null
    return verdict
  }
}
