import type { SpecCheck } from './spec-check.ts'

/** Anything that turns a request into an answer: the application in process, or a real server. */
export interface Requestable {
  request(path: string, init: RequestInit): Response | Promise<Response>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed JSON body; undefined when there is no body. */
  readonly body: unknown
}

export interface ApiRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array> | null
}

/** The headers of a request with a JSON body. */
export const JSON_TYPE = { 'content-type': 'application/json' }

/** What every answer of every dialect obeys, on top of its own document. */
function requireHouseRules(place: string, { status, headers }: Response): void {
  const complain = (what: string): never => {
    throw new Error(`${place} answered ${status} ${what}`)
  }
  if (!/^[\w-]{8,64}$/.test(headers.get('x-request-id') ?? '')) complain('without an X-Request-Id')
  if (headers.get('cache-control') !== 'no-store') complain('without Cache-Control: no-store')
  if (headers.get('set-cookie') !== null) complain('with a cookie')
  if ((status >= 300 && status < 400) || headers.get('location') !== null) complain('with a redirect')
}

/** Sends requests and holds every single answer against the dialect's document and the house rules. */
export class ApiClient {
  readonly #app: Requestable
  readonly #spec: SpecCheck

  constructor(app: Requestable, spec: SpecCheck) {
    this.#app = app
    this.#spec = spec
  }

  /** Throws when the answer is not what the document declares. */
  async send(path: string, { method = 'POST', headers = {}, body = null }: ApiRequest = {}): Promise<Answer> {
    const init = body instanceof ReadableStream ? { method, headers, body, duplex: 'half' } : { method, headers, body }
    const response = await this.#app.request(path, init as RequestInit)
    const [pathname = ''] = path.split('?')
    requireHouseRules(`${method} ${path.slice(0, 80)}`, response)
    await this.#spec.check(method, pathname, response)
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    }
  }

  /** Posts this value as JSON. */
  post(path: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send(path, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) })
  }
}
