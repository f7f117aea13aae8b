import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { urlToHttpOptions } from 'node:url'

/** An RPC server to send requests to. What its URL says, credentials and API keys, stays inside. */
export interface RpcServer {
  readonly request: typeof httpRequest
  readonly options: RequestOptions
  /** Closes what is kept alive, and what is under way. */
  close(): void
}

/** So long a connection nobody uses is kept; servers close them after a minute or so, and badly. */
const IDLE_MS = 15_000
const MAX_IDLE_CONNECTIONS = 4

/** Nothing is connected before the first request. @throws {TypeError} for a URL that is none; its text names no part of it */
export function createRpcServer(url: string): RpcServer {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) throw new TypeError('an RPC server needs an http(s) URL')
  const isSecure = parsed.protocol === 'https:'
  const Agent = isSecure ? HttpsAgent : HttpAgent
  const agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_MS })
  return {
    request: isSecure ? httpsRequest : httpRequest,
    options: {
      ...toOptions(parsed),
      agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        // RFC 9110 §12.5.3: nothing compressed, so what we count is what there is.
        'accept-encoding': 'identity',
        'user-agent': 'walletgate',
      },
    },
    close: () => agent.destroy(),
  }
}

function toOptions(url: URL): RequestOptions {
  try {
    return urlToHttpOptions(url)
  } catch {
    throw new TypeError('an RPC URL has a % in its user or password that begins no escape: write it as %25')
  }
}
