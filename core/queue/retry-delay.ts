import type { RandomSource } from '../ports.ts'

export interface RetryPolicy {
  readonly firstRetryMs: number
  readonly maxRetryMs: number
}

/**
 * How long to wait after this attempt, the first being 1: doubling from the first delay up to the longest, of which a random
 * half is taken off so that replicas and mails do not return together.
 */
export function retryDelay(attempt: number, { firstRetryMs, maxRetryMs }: RetryPolicy, random: RandomSource): number {
  const full = Math.min(firstRetryMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 30), maxRetryMs)
  const [a = 0, b = 0] = random.bytes(2)
  const share = (a * 256 + b) / 65_536
  return Math.round(full / 2 + (full / 2) * share)
}
