import { randomFillSync } from 'node:crypto'
import type { RandomSource } from './ports.ts'

const POOL_BYTES = 8192

/**
 * The operating system's generator behind a pool: one call to it per 8 KiB instead of one per token. Bytes are handed
 * out once and wiped from the pool.
 */
export function createSystemRandom(): RandomSource {
  const pool = new Uint8Array(POOL_BYTES)
  let used = POOL_BYTES
  return {
    bytes(length) {
      if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length))
      if (used + length > POOL_BYTES) {
        randomFillSync(pool)
        used = 0
      }
      const bytes = pool.slice(used, used + length)
      pool.fill(0, used, used + length)
      used += length
      return bytes
    },
  }
}
