import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'

/** A worker that dies is replaced after this long, so that a fault at start does not spin, milliseconds. */
const RESPAWN_DELAY_MS = 500

/**
 * Keeps this many processes serving one port. A worker that dies is replaced; a stop is passed on and waited for.
 * Resolves when all have stopped.
 */
export function superviseWorkers(count: number, logger: Logger, stopped: Promise<void>): Promise<void> {
  let stopping = false
  const spawn = (): Worker => cluster.fork()
  for (let started = 0; started < count; started += 1) spawn()
  return new Promise((resolve) => {
    const resolveWhenAllGone = () => {
      if (stopping && Object.keys(cluster.workers ?? {}).length === 0) resolve()
    }
    cluster.on('exit', (worker, code, signal) => {
      if (!stopping) {
        logger.error({ worker: worker.id, code, signal }, 'worker died')
        setTimeout(() => stopping || spawn(), RESPAWN_DELAY_MS)
      }
      resolveWhenAllGone()
    })
    void stopped.then(() => {
      stopping = true
      for (const worker of Object.values(cluster.workers ?? {})) worker?.kill('SIGTERM')
      resolveWhenAllGone()
    })
  })
}
