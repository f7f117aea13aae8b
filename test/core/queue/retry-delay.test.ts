import { expect, it } from 'vitest'
import { retryDelay } from '../../../core/queue/retry-delay.ts'

const policy = { firstRetryMs: 1000, maxRetryMs: 60_000 }
const least = { bytes: (length: number) => new Uint8Array(length) }
const most = { bytes: (length: number) => new Uint8Array(length).fill(255) }

it.each([
  [1, 500, 1000],
  [2, 1000, 2000],
  [3, 2000, 4000],
  [6, 16_000, 32_000],
  [7, 30_000, 60_000],
  [8, 30_000, 60_000],
  [100_000, 30_000, 60_000],
])('after attempt %i it waits between %i and %i ms', (attempt, from, to) => {
  expect(retryDelay(attempt, policy, least)).toBe(from)
  expect(retryDelay(attempt, policy, most)).toBe(to)
})
