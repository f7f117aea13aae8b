import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { parseAddress } from '../limits/address.ts'
import { PROBE_HEADER, type ProbeSeal, type ProbeSight } from '../probe/probe-seal.ts'

const LIMIT_MS = 3_000
const ANSWER_BYTES = 16 * 1024

/** What answered at an origin. */
export type ProbeAnswer =
  /** The code for why there is no connection, or no answer. */
  | { readonly from: 'nobody'; readonly code: string }
  /** Something answers that is no server of ours, or one without our secret. */
  | { readonly from: 'another'; readonly status: number; readonly isWalletgate: boolean }
  /** `isDirect`: nobody stands between, as far as addresses and ports tell. */
  | { readonly from: 'us'; readonly sight: ProbeSight; readonly isDirect: boolean; readonly secondsOnTheWay: number }

/** Asks `/healthz` who is there. @param claim an `X-Forwarded-For` to claim; null: none */
export function sendProbe(origin: string, seal: ProbeSeal, claim: string | null): Promise<ProbeAnswer> {
  const { id, header } = seal.ask()
  const url = new URL('/healthz', origin)
  const startedAt = performance.now()
  const headers = {
    [PROBE_HEADER]: header,
    'user-agent': 'walletgate doctor',
    'accept-encoding': 'identity',
    ...(claim === null ? {} : { 'x-forwarded-for': claim }),
  }
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { headers, agent: false })
    const timer = setTimeout(
      () => request.destroy(Object.assign(new Error('took too long'), { code: 'ETIMEDOUT' })),
      LIMIT_MS,
    )
    const settle = (answer: ProbeAnswer) => {
      clearTimeout(timer)
      request.destroy()
      resolve(answer)
    }
    request.on('error', (error) => settle({ from: 'nobody', code: codeOf(error) }))
    request.on('response', (response) => {
      const { localAddress = '', localPort } = response.socket
      const ends = { address: parseAddress(localAddress) ?? '', port: localPort ?? 0 }
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > ANSWER_BYTES)
          settle({ from: 'another', status: response.statusCode ?? 0, isWalletgate: false })
      })
      response.on('error', (error) => settle({ from: 'nobody', code: codeOf(error) }))
      response.on('end', () => {
        const body = parseObject(text)
        const { probe } = body
        const sight = typeof probe === 'string' ? seal.readAnswer(id, probe) : null
        if (sight === null) {
          const isWalletgate = response.statusCode === 200 && body['status'] === 'ok'
          return settle({ from: 'another', status: response.statusCode ?? 0, isWalletgate })
        }
        const isDirect = sight.peer.address === ends.address && sight.peer.port === ends.port
        settle({ from: 'us', sight, isDirect, secondsOnTheWay: (performance.now() - startedAt) / 1000 })
      })
    })
    request.end()
  })
}

function codeOf(error: Error): string {
  const code: unknown = Object(error).code
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code.toLowerCase() : 'failed'
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
