import { ABORT_GRACE_MS, CLOSE_GRACE_MS } from '../core/queue/close-limits.ts'

/** How long requests in flight may take once a stop was asked for, milliseconds. */
export const DRAIN_LIMIT_MS = 10_000
/** How long a scrape under way may take then, milliseconds. */
export const SCRAPE_LIMIT_MS = 500
/** How long the last batches of traces may take when the process stops, milliseconds. */
export const TRACES_LIMIT_MS = 1_000
/** A reader of the log that has stopped reading must not keep the process alive, milliseconds. */
export const FLUSH_LIMIT_MS = 1_000

/** How long one process may take to stop after its drain delay, milliseconds: requests, then mails and webhooks, then what shows how it went. */
export const STOP_LIMIT_MS =
  DRAIN_LIMIT_MS + CLOSE_GRACE_MS + ABORT_GRACE_MS + Math.max(SCRAPE_LIMIT_MS, TRACES_LIMIT_MS) + FLUSH_LIMIT_MS
