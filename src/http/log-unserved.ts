import type { Logger } from 'pino'
import type { RandomSource } from '../../core/ports.ts'
import { createRequestIds } from './request-ids.ts'

/** Told of each request that is answered before the application sees it. Returns the id of the answer. */
export type NoteUnserved = (unserved: Unserved) => string

export interface Unserved {
  readonly status: number
  /** Ours, or the parser's code. Never what was sent. */
  readonly reason: string
  /** A defect of ours; absent where the sender is at fault. */
  readonly error?: unknown
}

/** One log line for each, as for every other request: what is no HTTP may be somebody who tries to smuggle one. */
export function logUnserved(logger: Logger, random: RandomSource): NoteUnserved {
  const requestIds = createRequestIds(random)
  return ({ status, reason, error }) => {
    const requestId = requestIds.next(undefined)
    if (error === undefined) logger.info({ requestId, status, code: 'unserved', reason }, 'refused')
    else logger.error({ requestId, status, err: error }, 'crashed')
    return requestId
  }
}
