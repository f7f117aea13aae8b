import type { RandomSource } from '../../core/ports.ts'

/** What a caller may send as its own id: nothing that could break a log line or a header. */
const ACCEPTABLE = /^[\w-]{8,64}$/

export interface RequestIds {
  /** The caller's id where it is acceptable, else a fresh one. */
  next(given: string | undefined): string
}

/** Ids of this process: a random prefix and a counter, so that a request costs no randomness. */
export function createRequestIds(random: RandomSource): RequestIds {
  const prefix = Buffer.from(random.bytes(9)).toString('base64url')
  let count = 0
  return {
    next(given) {
      if (given !== undefined && ACCEPTABLE.test(given)) return given
      count += 1
      return `${prefix}-${count.toString(36)}`
    },
  }
}
