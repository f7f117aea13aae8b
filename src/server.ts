import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { AuditEvent } from '../core/audit/audit-trail.ts'
import type { RandomSource } from '../core/ports.ts'
import { createSystemRandom } from '../core/random.ts'
import { systemTimer } from '../core/timer.ts'
import type { AuditRecord } from './audit/audit-record.ts'
import { logAuditEvents } from './audit/log-audit-events.ts'
import { type Audit, openAudit } from './audit/open-audit.ts'
import type { ProjectChanges, ReloadedConfig } from './config/reload-config.ts'
import type { Settings } from './config/settings.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { createApp } from './http/app.ts'
import { type Listening, listen } from './http/listen.ts'
import { logUnserved } from './http/log-unserved.ts'
import { openLimits } from './limits/open-limits.ts'
import { stdoutStream } from './logger.ts'
import { openMail } from './mail/open-mail.ts'
import { exposeMetrics } from './metrics/expose-metrics.ts'
import type { Sources } from './metrics/watch-sources.ts'
import { playgroundSettings } from './pages/playground/playground-settings.ts'
import { createProbeAnswerer } from './probe/answer-probe.ts'
import { createProbeSeal } from './probe/probe-seal.ts'
import type { ReloadCounts } from './reload/reload-counts.ts'
import { DRAIN_LIMIT_MS, SCRAPE_LIMIT_MS } from './stop-limits.ts'
import { openStores } from './stores/open-stores.ts'
import { describeUnreadableKeys, openStoredKeys } from './stores/stored-keys.ts'
import { logExportEvents } from './tracing/log-export-events.ts'
import type { Tracing } from './tracing/tracing.ts'
import { logWebhookEvents } from './webhooks/log-webhook-events.ts'
import { openWebhooks } from './webhooks/open-webhooks.ts'

export interface RunningServer {
  readonly port: number
  /** Null: this process serves no metrics; a supervised one has handed them on. */
  readonly metricsPort: number | null
  /**
   * Builds what a configuration that was read again asks for, beside what serves; signing keys of new projects are made.
   * @throws {AuthError} `store_unavailable` when they cannot be; nothing has changed then
   */
  prepare(reloaded: ReloadedConfig): Promise<PreparedConfig>
  /** Says that it is not ready any more, serves on for the drain delay, lets requests in flight finish, then closes everything. Idempotent. */
  stop(): Promise<void>
}

/** A configuration that can serve, and does not yet. */
export interface PreparedConfig {
  /**
   * From now on every request is served by it; those under way finish with the one before. Nothing when the server stops already.
   * @param isRecorded whether the trail is told; of several processes one does it
   */
  use(isRecorded: boolean): void
  /** Drops it, so that everything stays as it is. */
  discard(): void
}

/** What serves requests as one configuration says. */
interface Service {
  readonly gateway: Gateway
  readonly app: ReturnType<typeof createApp>
}

/**
 * One process that serves. Resolves when it listens; rejects when the address cannot be had.
 *
 * @param reloads what its metrics show of configurations read again; null: nothing
 * @throws {ConfigError} when the store holds signing keys that these secrets do not open
 */
export async function startServer(
  settings: Settings,
  logger: Logger,
  random: RandomSource = createSystemRandom(),
  reloads: ReloadCounts | null = null,
): Promise<RunningServer> {
  // Loaded only when asked for: the library takes longer to load than the rest of a start.
  const metrics =
    settings.server.metricsPort === null
      ? null
      : await import('./metrics/create-metrics.ts').then(({ createMetrics }) => createMetrics())
  const clock = { now: () => new Date() }
  const tracing = await openTraces(settings, logger)
  const opened = openStores(settings.store)
  const metered = metrics === null ? opened : metrics.meterStores(opened)
  const stores = tracing === null ? metered : tracing.traceStores(metered)
  const { outbox, mailbox } = openMail(settings, { store: stores.outbox, clock, random, logger, tracing })
  const webhookParts = {
    queue: stores.queue,
    clock,
    random,
    timer: systemTimer,
    secrets: settings.secrets,
    report: logWebhookEvents(logger),
    delivers: true,
    tracing,
  }
  let webhooks = openWebhooks(settings.webhooks, webhookParts)
  const auditParts = { clock, random, report: logAuditEvents(logger), stdout: stdoutStream() }
  // Endpoints may come and go while the trail is kept.
  const listener = {
    note: (record: AuditRecord) => webhooks?.note(record),
    close: async () => webhooks?.close(),
  }
  let audit: Audit | null = null
  /** The trail, from when somebody wants to know of facts. */
  const auditFor = (endpoints: Settings['webhooks']): Audit | null => {
    const isKept = settings.audit.log !== null || settings.audit.stream !== null
    if (isKept || endpoints.length > 0) audit ??= openAudit(settings, [listener], auditParts)
    return audit
  }
  let exposed: Listening | null = null
  try {
    if (settings.store.kind === 'redis') await requireReadableKeys(settings, { keyStore: stores.keys, random })
    const report = (error: unknown) => logger.error({ err: error }, 'failed in the background')
    const limits = openLimits({ ...settings, clock, windows: stores.windows, report })
    const probeSeal = createProbeSeal(settings.secrets, random)
    let isStopping = false
    const serve = (gateway: Gateway, { server, store, projects, generated }: Settings): Service => {
      const app = createApp({
        ...gateway,
        isStopping: () => isStopping,
        mailbox,
        playground: server.playground
          ? playgroundSettings({ server, store, projects, generated }, mailbox !== null)
          : null,
        logger,
        random,
        meter: metrics?.requests ?? null,
        tracer: tracing?.requests(server.trustedProxies) ?? null,
        context: audit,
        limiter: limits(server.rateLimits),
        trustedProxies: server.trustedProxies,
        answerProbe: createProbeAnswerer(probeSeal, server.trustedProxies, clock),
      })
      return { gateway, app }
    }
    const ports = { stores, clock, random, mail: outbox, report, audit: auditFor(settings.webhooks), tracing }
    let current = serve(await createGateway(settings, ports), settings)
    const sources: Sources = {
      prepare: () => current.gateway.prepare(),
      chainCounts: () => current.gateway.chainCounts(),
      signingKeys: () => current.gateway.signingKeys(),
      outbox,
      get audit() {
        return audit
      },
      get webhooks() {
        return webhooks
      },
      reloads,
    }
    metrics?.watch(sources)
    exposed = metrics === null ? null : await exposeMetrics(metrics, settings.server)
    const fetch: Parameters<typeof listen>[0] = (request, env) => current.app.fetch(request, env)
    const listening = await listen(fetch, settings.server, logUnserved(logger, random))
    // Signing keys are made or read now, in the background, rather than by the first request that needs one.
    void current.gateway.prepare().catch(report)

    let stopping: Promise<void> | undefined
    const prepare = async ({ settings: next, projects }: ReloadedConfig): Promise<PreparedConfig> => {
      const gateway = await current.gateway.over(next.projects, auditFor(next.webhooks))
      try {
        await gateway.prepareKeys()
      } catch (error) {
        gateway.retire()
        throw error
      }
      const prepared = serve(gateway, next)
      return {
        use(isRecorded) {
          if (stopping !== undefined) return gateway.retire()
          const before = current
          if (webhooks === null) webhooks = openWebhooks(next.webhooks, webhookParts)
          else webhooks.serve(next.webhooks)
          current = prepared
          logger.level = next.server.logLevel
          metrics?.watch(sources)
          before.gateway.retire()
          if (isRecorded) for (const fact of factsOf(projects)) audit?.record(fact)
        },
        discard: () => gateway.retire(),
      }
    }
    const { drainDelaySeconds } = settings.server
    const stop = async () => {
      isStopping = true
      // Whoever is sent away must find a door elsewhere: without a delay this one closes in the same turn.
      if (drainDelaySeconds > 0) {
        listening.retire()
        await wait(drainDelaySeconds * 1_000)
      }
      await listening.drain(DRAIN_LIMIT_MS)
      // After the requests, which post mails; before the stores, which keep what was not sent.
      await Promise.all([outbox?.close(), audit?.close()])
      // Last: how a server stops is worth seeing too.
      await Promise.all([current.gateway.close(), tracing?.close(), exposed?.drain(SCRAPE_LIMIT_MS)])
    }
    return {
      port: listening.port,
      metricsPort: exposed?.port ?? null,
      prepare,
      stop: () => {
        stopping ??= stop()
        return stopping
      },
    }
  } catch (error) {
    await exposed?.drain(0)
    await outbox?.close()
    await (audit ?? webhooks)?.close()
    await Promise.all([stores.close(), tracing?.close()])
    throw error
  }
}

/** Loaded only where an endpoint is set, as metrics are: else no line of it runs, at the start or for a request. */
async function openTraces(settings: Settings, logger: Logger): Promise<Tracing | null> {
  if (settings.tracing === null) return null
  const { openTracing } = await import('./tracing/open-tracing.ts')
  return openTracing(settings.tracing, settings, logExportEvents(logger))
}

function factsOf({ added, changed, removed }: ProjectChanges): readonly AuditEvent[] {
  const facts = (event: 'project.added' | 'project.changed' | 'project.removed', ids: readonly string[]) =>
    ids.map((projectId) => ({ event, projectId }))
  return [...facts('project.added', added), ...facts('project.changed', changed), ...facts('project.removed', removed)]
}

/** A store that does not answer now is asked again by whoever needs a key; keys that cannot be opened stay so until somebody acts. */
async function requireReadableKeys(...[settings, ports]: Parameters<typeof openStoredKeys>): Promise<void> {
  try {
    await openStoredKeys(settings, ports)
  } catch (error) {
    const fault = describeUnreadableKeys(error)
    if (fault !== null) throw fault
  }
}
