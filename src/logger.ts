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
/** What waits for a reader that has stopped reading, or a disk that is full, bytes. What comes beyond is lost. */
const MAX_WAITING = 8 * 1024 * 1024

let stdout: DestinationStream | undefined

/** The one stream of this process to standard output, for all that writes lines there: two would cut each other's. */
export function stdoutStream(): DestinationStream {
  stdout ??= openLogStream(1)
  return stdout
}

/** Lines to this file descriptor. One that cannot be written to any more ends no process: lines wait, and then are lost. */
export function openLogStream(fd: number) {
  const buffer = cluster.isWorker ? SHARED_BUFFER : BUFFER
  const stream = destination({ fd, sync: false, ...buffer, maxLength: MAX_WAITING, periodicFlush: FLUSH_EVERY_MS })
  stream.on('error', () => {
    // At exit the library would try again until it succeeds: with a terminal that has gone, forever.
    stream.flushSync = () => {}
  })
  return stream
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
