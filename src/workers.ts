import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { STOP_LIMIT_MS } from './stop-limits.ts'

/** A worker that dies is replaced after this long, so that a fault at start does not spin, milliseconds. */
const RESPAWN_DELAY_MS = 500

export interface Supervision {
  readonly count: number
  readonly logger: Logger
  readonly stopped: Promise<void>
  /** How long a worker that was asked to stop serves on. */
  readonly drainDelaySeconds: number
  /** Called once, when the first worker listens. */
  readonly onListening: () => void
}

/**
 * Keeps this many processes serving one port. The first goes ahead: what keeps it from listening (the port is taken) would
 * keep the others too, and is said once. A worker that dies is replaced; a stop is passed on and waited for.
 * Resolves with the exit code when all have ended.
 */
export function superviseWorkers({
  count,
  logger,
  stopped,
  drainDelaySeconds,
  onListening,
}: Supervision): Promise<number> {
  let isListening = false
  let isStopping = false
  return new Promise((resolve) => {
    const spawn = () => {
      if (isStopping) return
      const worker = cluster.fork()
      // A worker that is just dying cannot be told things, which is no reason to end.
      worker.on('error', ({ message }) => {
        logger.warn({ worker: worker.id, reason: message }, 'a worker was not reached')
        // It could not be started, and will have no exit.
        if (worker.process.pid === undefined) setTimeout(spawn, RESPAWN_DELAY_MS)
      })
    }
    const living = () => Object.values(cluster.workers ?? {}).filter((worker) => worker?.process.pid !== undefined)
    cluster.once('listening', () => {
      isListening = true
      onListening()
      for (let started = 1; started < count; started += 1) spawn()
    })
    cluster.on('exit', (worker, code, signal) => {
      if (!isStopping && !isListening) return resolve(code === 0 ? 1 : (code ?? 1))
      if (!isStopping) {
        logger.error({ worker: worker.id, code, signal }, 'worker died')
        setTimeout(spawn, RESPAWN_DELAY_MS)
      } else if (living().length === 0) resolve(0)
    })
    spawn()
    void stopped.then(() => {
      isStopping = true
      const signalAll = (signal: NodeJS.Signals) => {
        for (const worker of living()) worker?.process.kill(signal)
      }
      signalAll('SIGTERM')
      // A worker that has not stopped by then hangs.
      setTimeout(() => signalAll('SIGKILL'), drainDelaySeconds * 1_000 + STOP_LIMIT_MS).unref()
      if (living().length === 0) resolve(0)
    })
  })
}
