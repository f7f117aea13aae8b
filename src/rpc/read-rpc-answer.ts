import type { UncheckedReason } from '../../core/chains/contract-accounts.ts'
import type { Reading } from '../../core/chains/ethereum/contracts/eth-calls.ts'

const HEX_RESULT = /^0x(?:[0-9a-f]{2})*$/i

/** Common answers to too many requests, besides HTTP 429: EIP-1474 "limit exceeded", and the status as a code. */
const RATE_LIMIT_CODES: ReadonlySet<unknown> = new Set([-32005, 429, -32029])
/** Code 3 is a revert (geth and all that follow it). Others say so in words. */
const REVERT_CODE = 3
const REVERT_WORDS = /execution reverted|out ?of ?gas|invalid opcode|intrinsic gas/i

/**
 * The result in a JSON-RPC 2.0 answer to the request with this id. An error is never a verdict, a revert neither: the
 * validator doesn't revert, so its call failed for another cause than the account. Of the error's text nothing is kept.
 */
export function readRpcAnswer(text: string, id: number): Reading<string> {
  const answer = parseObject(text)
  if (answer === null) return fail('rpc_answer_malformed')
  const { jsonrpc, id: answered, result, error } = answer
  // Some servers give errors without an id, as JSON-RPC 2.0 §5 asks where the request could not be read.
  if (jsonrpc !== '2.0' || (answered !== id && !(answered === null && isObject(error))))
    return fail('rpc_answer_mismatched')
  if (error !== undefined && error !== null) return fail(judgeRpcError(error))
  return typeof result === 'string' && HEX_RESULT.test(result)
    ? { outcome: 'read', value: result }
    : fail('rpc_answer_malformed')
}

function judgeRpcError(error: unknown): UncheckedReason {
  if (!isObject(error)) return 'rpc_answer_malformed'
  const { code, message } = error
  if (RATE_LIMIT_CODES.has(code)) return 'rpc_rate_limited'
  const reverted = code === REVERT_CODE || (typeof message === 'string' && REVERT_WORDS.test(message))
  return reverted ? 'rpc_execution_failed' : 'rpc_error'
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fail(reason: UncheckedReason): { readonly outcome: 'failed'; readonly reason: UncheckedReason } {
  return { outcome: 'failed', reason }
}
