import cluster from 'node:cluster'
import { constants } from 'node:os'
import { Command } from 'commander'
import type { Logger } from 'pino'
import type { Settings } from '../config/settings.ts'
import { superviseWorkers } from '../workers.ts'
import { describeStart } from './describe-start.ts'
import { findFreePort } from './free-port.ts'
import { loadProcessSettings } from './settings.ts'

/**
 * Terminals signal a whole process group, and npm and our own supervisor pass signals on: repeats within this are the same
 * request, milliseconds.
 */
const SAME_REQUEST_MS = 1_000
/** A reader of the log that has stopped reading must not keep the process alive, milliseconds. */
const FLUSH_LIMIT_MS = 1_000
/** How long a scrape under way may take at the end, milliseconds. */
const SCRAPE_LIMIT_MS = 500

/** `walletgate start`: serve until told to stop. */
export function startCommand(): Command {
  return new Command('start').description('serve until SIGTERM or SIGINT (the default command)').action(start)
}

async function start(): Promise<void> {
  const stopped = stopSignal()
  const settings = await loadStartSettings()
  const { createLogger } = await import('../logger.ts')
  const logger = createLogger(settings.server.logLevel)
  const announce = () => process.stdout.write(describeStart(settings))

  const { workers } = settings.server
  if (!cluster.isPrimary) {
    // The channel to the supervisor would keep a worker alive that could not listen.
    await serve(settings, logger, stopped).finally(() => cluster.worker?.disconnect())
  } else {
    for (const warning of settings.warnings) logger.warn(warning)
    if (workers > 1) {
      process.exitCode = await supervise(settings, logger, stopped, announce)
    } else {
      await serve(settings, logger, stopped, announce)
    }
  }
  await flush(logger)
  // All is closed; whatever still holds the event loop must not hold up a rollout.
  process.exit()
}

async function supervise(
  { server }: Settings,
  logger: Logger,
  stopped: Promise<void>,
  onListening: () => void,
): Promise<number> {
  const { exposeWorkerMetrics } = await import('../metrics/expose-worker-metrics.ts')
  const metrics = await exposeWorkerMetrics(server)
  if (metrics !== null) logger.info({ metricsPort: metrics.port }, 'metrics of all workers')
  try {
    return await superviseWorkers({ count: server.workers, logger, stopped, onListening })
  } finally {
    await metrics?.drain(SCRAPE_LIMIT_MS)
  }
}

async function serve(settings: Settings, logger: Logger, stopped: Promise<void>, announce = () => {}): Promise<void> {
  const { startServer } = await import('../server.ts')
  const server = await startServer(settings, logger)
  announce()
  const metricsPort = server.metricsPort === null ? {} : { metricsPort: server.metricsPort }
  logger.info({ port: server.port, ...metricsPort, store: settings.store.kind, pid: process.pid }, 'listening')
  await stopped
  logger.info('stopping')
  await server.stop()
  logger.info('stopped')
}

/** `PORT=0` is decided before anything is derived from the port: the public URL, sign-in domains, the workers' shared port. */
async function loadStartSettings(): Promise<Settings> {
  const settings = loadProcessSettings()
  if (settings.server.port !== 0) return settings
  process.env['PORT'] = String(await findFreePort(settings.server.host))
  return loadProcessSettings()
}

/** Resolves at the first SIGTERM or SIGINT. One that comes when the first has had its time ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined
    const ask = (signal: 'SIGTERM' | 'SIGINT') => {
      askedAt ??= performance.now()
      if (performance.now() - askedAt > SAME_REQUEST_MS) process.exit(128 + constants.signals[signal])
      resolve()
    }
    process.on('SIGTERM', ask)
    process.on('SIGINT', ask)
  })
}

function flush(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, FLUSH_LIMIT_MS)
    logger.flush(() => resolve())
  })
}
