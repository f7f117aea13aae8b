import cluster from 'node:cluster'
import { Command } from 'commander'
import { createLogger } from '../logger.ts'
import { startServer } from '../server.ts'
import { superviseWorkers } from '../workers.ts'
import { describeStart } from './describe-start.ts'
import { loadProcessSettings } from './settings.ts'

/** `walletgate start`: serve until told to stop. */
export function startCommand(): Command {
  return new Command('start').description('serve until SIGTERM or SIGINT (the default command)').action(start)
}

async function start(): Promise<void> {
  const settings = loadProcessSettings()
  const logger = createLogger(settings.server.logLevel)
  const stopped = stopSignal()
  const announces = cluster.isPrimary
  if (announces) for (const warning of settings.warnings) logger.warn(warning)

  if (settings.server.workers > 1 && cluster.isPrimary) {
    const supervised = superviseWorkers(settings.server.workers, logger, stopped)
    process.stdout.write(describeStart(settings, settings.server.port))
    await supervised
  } else {
    const server = await startServer(settings, logger)
    if (announces) process.stdout.write(describeStart(settings, server.port))
    logger.info({ port: server.port, store: settings.store.kind }, 'listening')
    await stopped
    logger.info('stopping')
    await server.stop()
  }
  logger.flush()
}

/** Resolves at the first SIGTERM or SIGINT; the second SIGINT ends the process at once, as a terminal user expects. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
}
