import cluster from 'node:cluster'
import { Command } from 'commander'
import type { Logger } from 'pino'
import type { ReloadedConfig } from '../config/reload-config.ts'
import type { Settings } from '../config/settings.ts'
import type { Supervisor } from '../reload/follow-supervisor.ts'
import type { ReloadCounts } from '../reload/reload-counts.ts'
import { createReloader, type Reloader } from '../reload/reloader.ts'
import { reportReloads } from '../reload/report-reloads.ts'
import type { RunningServer } from '../server.ts'
import { FLUSH_LIMIT_MS, SCRAPE_LIMIT_MS } from '../stop-limits.ts'
import { superviseWorkers } from '../workers.ts'
import { describeStart } from './describe-start.ts'
import { findFreePort } from './free-port.ts'
import { loadProcessSettings, readConfigFile, reloadProcessSettings } from './settings.ts'
import { listenToSignals, type Signals } from './signals.ts'

/** `walletgate start`: serve until told to stop. */
export function startCommand(): Command {
  return new Command('start')
    .description('serve until SIGTERM or SIGINT (the default command); SIGHUP reads the file of projects again')
    .action(start)
}

/** A start, and what it has to know to read its configuration again. */
interface Start {
  readonly settings: Settings
  /** The text of the file of projects as it is in force; null: there is none. */
  readonly file: string | null
  readonly logger: Logger
  readonly signals: Signals
}

async function start(): Promise<void> {
  const signals = listenToSignals()
  const supervisor = cluster.isWorker && hasFile() ? await joinSupervisor() : null
  const { settings, file } = await loadStart(supervisor)
  const { createLogger } = await import('../logger.ts')
  const logger = createLogger(settings.server.logLevel)
  const announce = () => process.stdout.write(describeStart(settings))
  const begun = { settings, file, logger, signals }
  if (cluster.isWorker) {
    // The channel to the supervisor would keep a worker alive that could not listen.
    await follow(begun, supervisor).finally(() => cluster.worker?.disconnect())
  } else {
    for (const warning of settings.warnings) logger.warn(warning)
    if (settings.server.workers > 1) process.exitCode = await supervise(begun, announce)
    else await serveAlone(begun, announce)
  }
  await flush(logger)
  // All is closed; whatever still holds the event loop must not hold up a rollout.
  process.exit()
}

/** One process that serves and reads its configuration itself. */
async function serveAlone(begun: Start, announce: () => void): Promise<void> {
  let running: RunningServer | undefined
  const reloader = openReloader(begun, reloadProcessSettings, async (reloaded) => {
    const prepared = await running?.prepare(reloaded)
    prepared?.use(true)
  })
  await serve(begun, reloader, (server) => {
    running = server
    announce()
    onReload(begun, reloader)
  })
  await reloader?.stop()
}

/** One of several: its supervisor reads the configuration. */
function follow(begun: Start, supervisor: Supervisor | null): Promise<void> {
  begun.signals.onReload(() => {})
  let running = begun.settings
  return serve(begun, null, (server) =>
    supervisor?.follow({
      async prepare(text) {
        const reloaded = reloadProcessSettings(running, () => text)
        const prepared = await server.prepare(reloaded).catch((error: unknown) => {
          begun.logger.error({ err: error }, 'configuration could not be prepared')
          throw error
        })
        return {
          ...prepared,
          use(isRecorded) {
            prepared.use(isRecorded)
            running = reloaded.settings
          },
        }
      },
    }),
  )
}

/** The workers' supervisor. It reads the configuration once for all. */
async function supervise(begun: Start, onListening: () => void): Promise<number> {
  const { settings, file, logger, signals } = begun
  const [{ exposeWorkerMetrics }, { superviseConfigs }] = await Promise.all([
    import('../metrics/expose-worker-metrics.ts'),
    import('../reload/reload-workers.ts'),
  ])
  const configs = file === null ? null : superviseConfigs(file)
  let text = ''
  const read = (running: Settings) =>
    reloadProcessSettings(running, (path) => {
      text = readConfigFile(path)
      return text
    })
  const reloader = openReloader(begun, read, async ({ settings: { server } }) => {
    await configs?.apply(text)
    logger.level = server.logLevel
  })
  const metrics = await exposeWorkerMetrics(settings.server, reloader)
  if (metrics !== null) logger.info({ metricsPort: metrics.port }, 'metrics of all workers')
  onReload(begun, reloader)
  try {
    const { stopped } = signals
    const { workers: count, drainDelaySeconds } = settings.server
    return await superviseWorkers({ count, drainDelaySeconds, logger, stopped, onListening })
  } finally {
    await reloader?.stop()
    await metrics?.drain(SCRAPE_LIMIT_MS)
  }
}

async function serve(
  { settings, logger, signals }: Start,
  reloads: ReloadCounts | null,
  onListening: (server: RunningServer) => void,
): Promise<void> {
  const { startServer } = await import('../server.ts')
  const server = await startServer(settings, logger, undefined, reloads)
  onListening(server)
  const metricsPort = server.metricsPort === null ? {} : { metricsPort: server.metricsPort }
  logger.info({ port: server.port, ...metricsPort, store: settings.store.kind, pid: process.pid }, 'listening')
  await signals.stopped
  logger.info('stopping')
  await server.stop()
  logger.info('stopped')
}

/** Null: there is no file that could be read again. */
function openReloader(
  { settings, file, logger, signals }: Start,
  read: (running: Settings) => ReloadedConfig,
  apply: (reloaded: ReloadedConfig) => Promise<void>,
): Reloader | null {
  if (file === null) return null
  const clock = { now: () => new Date() }
  const reloader = createReloader({ settings, read, apply, report: reportReloads(logger), clock })
  void signals.stopped.then(() => reloader.stop())
  return reloader
}

function onReload({ logger, signals }: Start, reloader: Reloader | null): void {
  signals.onReload(() => (reloader === null ? reportReloads(logger).nothing() : reloader.request()))
}

async function joinSupervisor(): Promise<Supervisor> {
  const { askSupervisor } = await import('../reload/follow-supervisor.ts')
  return askSupervisor()
}

function hasFile(): boolean {
  return (process.env['WALLETGATE_CONFIG'] ?? '') !== ''
}

/**
 * `PORT=0` is decided before anything is derived from the port: the public URL, sign-in domains, the workers' shared port. A worker
 * goes by what its supervisor read, not by what the file says now.
 */
async function loadStart(supervisor: Supervisor | null): Promise<Pick<Start, 'settings' | 'file'>> {
  if (supervisor !== null) {
    const { started, current } = supervisor.begin
    const settings = loadProcessSettings(() => started)
    return { settings: reloadProcessSettings(settings, () => current).settings, file: current }
  }
  let file: string | null = null
  const readFile = (path: string) => {
    file = readConfigFile(path)
    return file
  }
  const settings = loadProcessSettings(readFile)
  if (settings.server.port !== 0) return { settings, file }
  process.env['PORT'] = String(await findFreePort(settings.server.host))
  return { settings: loadProcessSettings(readFile), file }
}

function flush(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, FLUSH_LIMIT_MS)
    logger.flush(() => resolve())
  })
}
