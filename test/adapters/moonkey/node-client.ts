import { createRemoteJWKSet, customFetch, type JWTVerifyOptions, jwtVerify } from 'jose'
import { fetchChecked } from './door.ts'

type Fields = Record<string, unknown>

/** What the vendor's Node SDK throws: read from the body alone, the HTTP status does not count (MoonKey digest §6). */
export class NodeClientError extends Error {
  readonly errorType: string
  readonly errorMessage: string
  readonly statusCode: number

  constructor(body: unknown) {
    const fields = (typeof body === 'object' && body !== null ? body : {}) as Fields
    super(`(${String(fields['error_message'])}):undefined`)
    this.errorType = typeof fields['error_type'] === 'string' ? fields['error_type'] : 'unknown'
    this.errorMessage = typeof fields['error_message'] === 'string' ? fields['error_message'] : '[object Object]'
    this.statusCode = typeof fields['status_code'] === 'number' ? fields['status_code'] : 0
  }
}

export interface NodeClientOptions {
  readonly apiKey: string
  /** With `/v1/`, or what a user makes of that. */
  readonly apiHostUrl: string
}

/**
 * The vendor's Node SDK 1.0.6 as its users know it (MoonKey digest §6): it camelises the keys of an answer only if it is
 * `application/json`, says so of every request, body or not, and reads errors from the body alone.
 */
export class NodeClient {
  readonly #options: NodeClientOptions
  readonly #keys: ReturnType<typeof createRemoteJWKSet>
  /** The headers with which the key set was asked for. */
  readonly keySetRequests: Headers[] = []

  constructor(options: NodeClientOptions) {
    this.#options = options
    // Joined as text, so a base without its last slash asks at `/v1auth/…`.
    const url = `${options.apiHostUrl}auth/jwks/default?api_key=${options.apiKey}`
    this.#keys = createRemoteJWKSet(new URL(url), {
      [customFetch]: async (address, { headers }) => {
        this.keySetRequests.push(new Headers(headers))
        return fetchChecked(String(address), { method: 'GET', headers })
      },
    })
  }

  async request(method: string, path: string, data?: Fields): Promise<Fields> {
    // axios joins base and path with exactly one slash.
    const url = `${this.#options.apiHostUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`
    const response = await fetchChecked(url, {
      method,
      headers: {
        accept: 'application/json, text/plain, */*',
        authorization: `Bearer ${this.#options.apiKey}`,
        'content-type': 'application/json',
        'user-agent': 'streambird-node/1.0.6',
      },
      body: data === undefined ? null : JSON.stringify(snakise(data)),
    })
    const text = await response.text()
    const parsed = parseLeniently(text)
    if (response.status < 200 || response.status >= 300) throw new NodeClientError(parsed)
    const isJson = (response.headers.get('content-type') ?? '').includes('application/json')
    return (isJson ? camelise(parsed) : parsed) as Fields
  }

  readonly wallets = {
    beginRegistration: (params: Fields) => this.request('POST', 'auth/wallets/registrations/begin', params),
    getRegistrationNonce: (params: Fields) => this.request('POST', 'auth/wallets/registrations/nonce', params),
    verify: (params: Fields) => this.request('POST', 'auth/wallets/verify', params),
    verifySiwe: (params: Fields) => this.request('POST', 'auth/wallets/siwe/verify', params),
  }

  readonly users = {
    create: (params: Fields) => this.request('POST', 'auth/users/create', params),
    get: (userId: string) => this.request('GET', `auth/users/${userId}`),
    update: (userId: string, params: Fields) => this.request('PUT', `auth/users/${userId}/update`, params),
    delete: (userId: string) => this.request('DELETE', `auth/users/${userId}/delete`),
    deleteWallet: (walletId: string) => this.request('DELETE', `auth/users/wallets/${walletId}/delete`),
  }

  readonly sessions = {
    /** The time goes out only beside a token, never with a JWT alone. */
    verify: ({ sessionToken, sessionJwt, sessionExpiresIn }: Fields) =>
      this.request('POST', 'auth/sessions/verify', {
        ...(sessionToken ? { sessionToken, ...(sessionExpiresIn ? { sessionExpiresIn } : {}) } : {}),
        ...(sessionJwt ? { sessionJwt } : {}),
      }),
    /** Its type makes callers give all three; what is falsy is dropped. */
    delete: (params: { sessionToken: string; sessionJwt: string; sessionId: string }) =>
      this.request(
        'DELETE',
        'auth/sessions/delete',
        Object.fromEntries(Object.entries(params).filter(([, value]) => value)),
      ),
    list: (userId: string) => this.request('GET', `auth/sessions/list?user_id=${userId}`),
    jwks: () => this.request('GET', 'auth/jwks/default'),
    /** Signature, `exp` and `nbf`; neither issuer nor audience. */
    verifyLocalJwt: async (jwt: string, options: Pick<JWTVerifyOptions, 'clockTolerance' | 'currentDate'> = {}) => {
      const { payload } = await jwtVerify(jwt, this.#keys, { algorithms: ['RS256'], ...options })
      return payload['https://streambird.io/jwt/session'] as Fields | undefined
    },
    /** Asks the server for a JWT that is older than this; an expired one throws before. */
    verifyJwt: async (jwt: string, maxTokenAge: number, currentDate = new Date()) => {
      const { payload } = await jwtVerify(jwt, this.#keys, { algorithms: ['RS256'], currentDate })
      const age = Math.floor(currentDate.getTime() / 1000) - Number(payload.iat)
      if (age >= maxTokenAge) return (await this.sessions.verify({ sessionJwt: jwt }))['session']
      return payload['https://streambird.io/jwt/session']
    },
  }
}

/** axios: text that is no JSON stays text. */
function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function mapKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => mapKeys(each, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [rename(key), mapKeys(each, rename)]))
}

const camelise = (value: unknown) =>
  mapKeys(value, (key) => key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()))
const snakise = (value: unknown) =>
  mapKeys(value, (key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
