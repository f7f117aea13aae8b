import cluster from 'node:cluster'
import { type DestinationStream, destination, type Logger, pino } from 'pino'

/** JSON lines on standard output: written in batches, so a line costs a request almost nothing; `flush` before exit. */
export function createLogger(level: string, stream: DestinationStream = stdoutStream()): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    stream,
  )
}

const BUFFER = { minLength: 12 * 1024 }
/** Workers share a pipe: up to PIPE_BUF (4096 on Linux) a write is atomic, and no line is cut by another's. */
const SHARED_BUFFER = { minLength: 3 * 1024, maxWrite: 4 * 1024 }
const FLUSH_EVERY_MS = 250

let stdout: DestinationStream | undefined

/** The one stream of this process to standard output, for all that writes lines there: two would cut each other's. */
export function stdoutStream(): DestinationStream {
  const buffer = cluster.isWorker ? SHARED_BUFFER : BUFFER
  stdout ??= destination({ fd: 1, sync: false, ...buffer, periodicFlush: FLUSH_EVERY_MS })
  return stdout
}

/**
 * What a log says about a thrown value: its kind, message and stack. Nothing else: a Redis client's errors carry the
 * command with its arguments, which hold sessions.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return { type: error.name, message: error.message, ...code, stack: error.stack }
}
