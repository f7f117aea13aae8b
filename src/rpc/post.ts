import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { UncheckedReason } from '../../core/chains/contract-accounts.ts'
import type { Reading } from '../../core/chains/ethereum/contracts/eth-calls.ts'
import type { RpcServer } from './rpc-server.ts'

export interface PostLimits {
  /** To the last byte of the answer. */
  readonly timeoutMs: number
  readonly answerBytes: number
}

/**
 * One POST: the text of a complete 200 answer, or why there is none. Redirects are not followed, nothing is decompressed, and
 * nothing is read beyond the limits. Never throws; Node's errors, which name hosts, end here.
 */
export async function post(
  server: RpcServer,
  body: string,
  { timeoutMs, answerBytes }: PostLimits,
): Promise<Reading<string>> {
  const deadline = performance.now() + timeoutMs
  const first = await send(server, server.options, body, { timeoutMs, answerBytes })
  if (first !== 'stale') return first
  // RFC 9112 §9.3.1: the server closed a connection it had kept. The question changes nothing, so it may be sent again.
  const rest = { timeoutMs: deadline - performance.now(), answerBytes }
  const second = await send(server, { ...server.options, agent: false }, body, rest)
  return second === 'stale' ? fail('rpc_connection_lost') : second
}

/** `stale`: a kept connection was lost before a byte of the answer came. */
function send(
  server: RpcServer,
  options: RequestOptions,
  body: string,
  { timeoutMs, answerBytes }: PostLimits,
): Promise<Reading<string> | 'stale'> {
  return new Promise((resolve) => {
    const request = server.request(options)
    let settled = false
    const settle = (outcome: Reading<string> | 'stale') => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      if (outcome === 'stale' || outcome.outcome === 'failed') request.destroy()
      resolve(outcome)
    }
    const timer = setTimeout(() => settle(fail('rpc_timeout')), Math.max(timeoutMs, 0))
    // Stays attached: a request that was given up may fail once more.
    let answered = false
    request.on('error', (error) => settle(answered ? fail('rpc_answer_incomplete') : judgeError(request, error)))
    request.on('response', (response) => {
      answered = true
      const refusal = judgeHead(response, answerBytes)
      if (refusal === null) collect(response, answerBytes, settle)
      else settle(fail(refusal))
    })
    request.setHeader('content-length', Buffer.byteLength(body))
    request.end(body)
  })
}

function judgeHead({ statusCode, headers }: IncomingMessage, answerBytes: number): UncheckedReason | null {
  if (statusCode === 429) return 'rpc_rate_limited'
  if (statusCode !== undefined && statusCode >= 300 && statusCode < 400) return 'rpc_redirected'
  if (statusCode !== 200) return 'rpc_http_error'
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity' && encoding !== '') return 'rpc_answer_encoded'
  return Number(headers['content-length'] ?? 0) > answerBytes ? 'rpc_answer_too_large' : null
}

function collect(response: IncomingMessage, answerBytes: number, settle: (outcome: Reading<string>) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > answerBytes) settle(fail('rpc_answer_too_large'))
    else chunks.push(chunk)
  })
  response.on('end', () => settle({ outcome: 'read', value: Buffer.concat(chunks).toString('utf8') }))
  // Without an end before it: half an answer.
  response.on('error', () => settle(fail('rpc_answer_incomplete')))
  response.on('close', () => settle(fail('rpc_answer_incomplete')))
}

const LOST = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

function judgeError(request: ClientRequest, error: NodeJS.ErrnoException): Reading<string> | 'stale' {
  const code = error.code ?? ''
  if (code.startsWith('HPE_')) return fail('rpc_answer_malformed') // no HTTP
  if (!LOST.has(code)) return fail('rpc_unreachable')
  return request.reusedSocket ? 'stale' : fail('rpc_connection_lost')
}

function fail(reason: UncheckedReason): { readonly outcome: 'failed'; readonly reason: UncheckedReason } {
  return { outcome: 'failed', reason }
}
