import type { Logger } from 'pino'
import { systemTimer } from '../core/mail/timer.ts'
import type { RandomSource } from '../core/ports.ts'
import { createSystemRandom } from '../core/random.ts'
import { logAuditEvents } from './audit/log-audit-events.ts'
import { type Audit, openAudit } from './audit/open-audit.ts'
import type { Settings } from './config/settings.ts'
import { createGateway } from './gateway.ts'
import { createApp } from './http/app.ts'
import { type Listening, listen } from './http/listen.ts'
import { openLimits } from './limits/open-limits.ts'
import { stdoutStream } from './logger.ts'
import { openMail } from './mail/open-mail.ts'
import { exposeMetrics } from './metrics/expose-metrics.ts'
import { openStores } from './open-stores.ts'
import { playgroundSettings } from './pages/playground/playground-settings.ts'
import { logWebhookEvents } from './webhooks/log-webhook-events.ts'
import { openWebhooks } from './webhooks/open-webhooks.ts'

export interface RunningServer {
  readonly port: number
  /** Null: this process serves no metrics; a supervised one has handed them on. */
  readonly metricsPort: number | null
  /** Lets requests in flight finish, then closes everything. Idempotent. */
  stop(): Promise<void>
}

/** How long requests in flight may take once a stop was asked for, milliseconds. */
const DRAIN_LIMIT_MS = 10_000
/** How long a scrape under way may take then, milliseconds. */
const SCRAPE_LIMIT_MS = 500

/** One process that serves. Resolves when it listens; rejects when the address cannot be had. */
export async function startServer(
  settings: Settings,
  logger: Logger,
  random: RandomSource = createSystemRandom(),
): Promise<RunningServer> {
  // Loaded only when asked for: the library takes longer to load than the rest of a start.
  const metrics =
    settings.server.metricsPort === null
      ? null
      : await import('./metrics/create-metrics.ts').then(({ createMetrics }) => createMetrics())
  const clock = { now: () => new Date() }
  const opened = openStores(settings.store)
  const stores = metrics === null ? opened : metrics.meterStores(opened)
  const { outbox, mailbox } = openMail(settings, { store: stores.outbox, clock, random, logger })
  const webhooks = openWebhooks(settings.webhooks, {
    queue: stores.queue,
    clock,
    random,
    timer: systemTimer,
    secrets: settings.secrets,
    report: logWebhookEvents(logger),
    delivers: true,
  })
  let audit: Audit | null = null
  let exposed: Listening | null = null
  try {
    audit = openAudit(settings, webhooks === null ? [] : [webhooks], {
      clock,
      random,
      report: logAuditEvents(logger),
      stdout: stdoutStream(),
    })
    const report = (error: unknown) => logger.error({ err: error }, 'failed in the background')
    const gateway = await createGateway(settings, { stores, clock, random, mail: outbox, report, audit })
    const limiter = openLimits(settings.server, { ...settings, clock, windows: stores.windows, report })
    const { trustedProxies } = settings.server
    const app = createApp({
      ...gateway,
      mailbox,
      playground: settings.server.playground ? playgroundSettings(settings, mailbox !== null) : null,
      logger,
      random,
      meter: metrics?.requests ?? null,
      context: audit,
      limiter,
      trustedProxies,
    })
    metrics?.watch({ ...gateway, outbox, audit, webhooks })
    exposed = metrics === null ? null : await exposeMetrics(metrics, settings.server)
    const listening = await listen(app.fetch, settings.server)
    // Signing keys are made or read now, in the background, rather than by the first request that needs one.
    void gateway.prepare().catch(report)
    let stopping: Promise<void> | undefined
    const stop = async () => {
      await listening.drain(DRAIN_LIMIT_MS)
      // After the requests, which post mails; before the stores, which keep what was not sent.
      await Promise.all([outbox?.close(), audit?.close()])
      // Last: how a server stops is worth seeing too.
      await Promise.all([gateway.close(), exposed?.drain(SCRAPE_LIMIT_MS)])
    }
    return {
      port: listening.port,
      metricsPort: exposed?.port ?? null,
      stop: () => {
        stopping ??= stop()
        return stopping
      },
    }
  } catch (error) {
    await exposed?.drain(0)
    await outbox?.close()
    await (audit ?? webhooks)?.close()
    await stores.close()
    throw error
  }
}
