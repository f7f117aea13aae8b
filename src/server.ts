import type { Logger } from 'pino'
import type { RandomSource } from '../core/ports.ts'
import { createSystemRandom } from '../core/random.ts'
import type { Settings } from './config/settings.ts'
import { createGateway } from './gateway.ts'
import { createApp } from './http/app.ts'
import { listen } from './http/listen.ts'
import { openMail } from './mail/open-mail.ts'
import { openStores } from './open-stores.ts'

export interface RunningServer {
  readonly port: number
  /** Lets requests in flight finish, then closes everything. Idempotent. */
  stop(): Promise<void>
}

/** How long requests in flight may take once a stop was asked for, milliseconds. */
const DRAIN_LIMIT_MS = 10_000

/** One process that serves. Resolves when it listens; rejects when the address cannot be had. */
export async function startServer(
  settings: Settings,
  logger: Logger,
  random: RandomSource = createSystemRandom(),
): Promise<RunningServer> {
  const stores = openStores(settings.store)
  const clock = { now: () => new Date() }
  const { outbox, mailbox } = openMail(settings, { store: stores.outbox, clock, random, logger })
  try {
    const report = (error: unknown) => logger.error({ err: error }, 'failed in the background')
    const gateway = await createGateway(settings, { stores, clock, random, mail: outbox, report })
    const app = createApp({ ...gateway, mailbox, logger, random })
    const listening = await listen(app.fetch, settings.server)
    // Signing keys are made or read now, in the background, rather than by the first request that needs one.
    void gateway.prepare().catch(report)
    let stopping: Promise<void> | undefined
    const stop = async () => {
      await listening.drain(DRAIN_LIMIT_MS)
      // After the requests, which post mails; before the stores, which keep what was not sent.
      await outbox?.close()
      await gateway.close()
    }
    return {
      port: listening.port,
      stop: () => {
        stopping ??= stop()
        return stopping
      },
    }
  } catch (error) {
    await outbox?.close()
    await stores.close()
    throw error
  }
}
