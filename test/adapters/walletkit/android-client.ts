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

/** `DateTimeFormatter.ISO_OFFSET_DATE_TIME`: seconds and up to nine digits of a fraction may be there, the offset must. */
const OFFSET_DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{0,9})?)?(?:Z|[+-]\d{2}(?::\d{2}(?::\d{2})?)?)$/

const date: Rule<Date> = (value, place) => {
  if (typeof value !== 'string' || !OFFSET_DATE_TIME.test(value)) {
    throw new DecodingError(`${place} is no date: ${String(value)}`)
  }
  return new Date(value)
}

type Send = (token: string | null) => Promise<{ readonly status: number; readonly text: string }>

/**
 * The vendor's Android SDK as its server sees it (WalletKit digest §3): Retrofit with Moshi's strict models, a content type on
 * everything, and an interceptor that refreshes without a lock and sends a request again, once, after a 401.
 */
export class AndroidClient {
  readonly #base: string
  readonly #projectId: string
  readonly #now: () => number
  readonly sent: SentRequest[] = []
  /** What the encrypted preferences hold. */
  session: MobileSession | null = null

  constructor(options: { readonly baseUrl: string; readonly projectId: string; readonly now?: () => number }) {
    // Added where it is missing; endpoint paths are relative.
    this.#base = options.baseUrl.replace(/\/?$/, '/')
    this.#projectId = options.projectId
    this.#now = options.now ?? Date.now
  }

  #send(method: 'GET' | 'POST', path: string, body: Fields | null): Send {
    // Retrofit: a body of its own charset where there is one, an empty one elsewhere; nulls are left out.
    const json =
      body === null ? null : JSON.stringify(Object.fromEntries(Object.entries(body).filter(([, each]) => each != null)))
    const contentType = json === null ? 'application/json' : 'application/json; charset=UTF-8'
    return (token) =>
      sendMobile(
        `${this.#base}${path}`,
        {
          method,
          headers: {
            'accept-encoding': 'gzip',
            'user-agent': 'okhttp/4.10.0',
            'content-type': contentType,
            'x-walletkit-project-id': this.#projectId,
            ...(token === null ? {} : { authorization: `Bearer ${token}`, 'x-walletkit-token-source': 'walletkit' }),
          },
          body: method === 'GET' ? null : (json ?? ''),
        },
        this.sent,
      )
  }

  /** `WalletKitLoginClient`: never a bearer. */
  async #public(method: 'GET' | 'POST', path: string, body: Fields | null = null): Promise<string> {
    return requireSuccess(await this.#send(method, path, body)(null))
  }

  /** `AuthInterceptor`: refreshes what has expired, and once more after a 401. */
  async #authorised(method: 'GET' | 'POST', path: string, body: Fields | null = null): Promise<string> {
    const send = this.#send(method, path, body)
    if (this.#stored().access_token_expires_at.getTime() <= this.#now()) await this.#refresh()
    const first = await send(this.#stored().access_token)
    if (first.status !== 401) return requireSuccess(first)
    await this.#refresh()
    return requireSuccess(await send(this.#stored().access_token))
  }

  #stored(): MobileSession {
    if (this.session === null) throw new Error('no session')
    return this.session
  }

  #keep(json: string): MobileSession {
    this.session = decodeModel(json, sessionRules(date)) as MobileSession
    return this.session
  }

  async #refresh(): Promise<void> {
    const { id, refresh_token } = this.#stored()
    await this.refreshToken(id, refresh_token)
  }

  /** Stores what comes back; of several at once, the last one stays. */
  async refreshToken(sessionId: string, refreshToken: string): Promise<MobileSession> {
    const body = { session_id: sessionId, refresh_token: refreshToken }
    return this.#keep(await this.#public('POST', 'users/refresh-token', body))
  }

  /** Looks at the access token alone. */
  isLoggedIn(): boolean {
    return this.session !== null && this.session.access_token_expires_at.getTime() > this.#now()
  }

  async loginWithEmail(email: string) {
    return decodeModel(await this.#public('POST', 'users/login-with-email', { email }), emailLoginRules)
  }

  async verifyEmail(userId: string, code: string): Promise<MobileSession> {
    const body = { user_id: userId, verification_code: code }
    return this.#keep(await this.#public('POST', 'users/verify-login', body))
  }

  async loginAnonymously(): Promise<MobileSession> {
    return this.#keep(await this.#public('POST', 'users/login-anonymously'))
  }

  /** Forgets the session here; the server is not told. */
  logout(): void {
    this.session = null
  }

  /** `getService(UsersApi)`: everything through the interceptor, the public endpoints too. */
  readonly users = {
    createSessionChallenge: async () =>
      decodeModel(await this.#authorised('POST', 'users/create-session-challenge'), challengeRules),
    getSessionChallenge: async (code: string) =>
      decodeModel(
        await this.#authorised('GET', `users/session-challenge?code=${encodeURIComponent(code)}`),
        challengeRules,
      ),
    loginWithMagicLink: async (email: string) =>
      decodeModel(await this.#authorised('POST', 'users/login-with-magic-link', { email }), challengeRules),
    loginWithWallet: async (address: string) =>
      decodeModel(
        await this.#authorised('POST', 'users/login-with-wallet', { sign_in_wallet: address }),
        walletLoginRules,
      ),
    verifyLogin: async (request: Fields) =>
      decodeModel(await this.#authorised('POST', 'users/verify-login', request), sessionRules(date)) as MobileSession,
    loginWithDiscoverablePasskey: async () =>
      decodeAny(await this.#authorised('POST', 'users/login-with-discoverable-passkey')),
    beginPasskeyRegistration: async () => decodeAny(await this.#authorised('POST', 'users/passkey/begin-registration')),
    finishPasskeyRegistration: async (attestation: Fields) =>
      void (await this.#authorised('POST', 'users/passkey/finish-registration', attestation)),
    logout: async () => void (await this.#authorised('POST', 'users/logout')),
  }
}

function requireSuccess({ status, text }: { readonly status: number; readonly text: string }): string {
  if (status < 200 || status > 299) throw new StatusError(status, text)
  return text
}
