import { inject, vi } from 'vitest'
import type { Outbox } from '../../core/mail/outbox.ts'
import { createSystemRandom } from '../../core/random.ts'
import { createMemoryOutboxStore } from '../../core/stores/memory/memory-outbox-store.ts'
import { connectRedis } from '../../core/stores/redis/connect-redis.ts'
import { createRedisOutboxStore } from '../../core/stores/redis/redis-outbox-store.ts'
import { RedisSteps } from '../../core/stores/redis/redis-steps.ts'
import type { MailSettings } from '../../src/config/settings.ts'
import { createLogger } from '../../src/logger.ts'
import type { LocalMail, LocalMailbox } from '../../src/mail/local-mailbox.ts'
import { openMail } from '../../src/mail/open-mail.ts'
import type { TestClock } from './clock.ts'
import type { StoreName } from './gateway.ts'

const random = createSystemRandom()
const ACCESS = { username: null, password: null, db: 0, tls: false }

/** Outgoing mail as a server has it, and a test's eyes on it. */
export interface TestMail {
  readonly outbox: Outbox
  /** Null when mails go to a mail server. */
  readonly mailbox: LocalMailbox | null
  close(): Promise<void>
}

/** An outbox that delivers into the local mailbox, or to a mail server if one is given. */
export function openTestMail(
  store: StoreName,
  options: {
    readonly clock: TestClock
    readonly secrets: readonly Uint8Array[]
    readonly mail?: MailSettings | undefined
  },
): TestMail {
  const { clock, secrets, mail = null } = options
  const { outboxStore, disconnect } = openOutboxStore(store)
  const { outbox, mailbox } = openMail(
    { mail, store: { kind: 'memory' }, secrets, server: SERVER },
    { store: outboxStore, clock, random, logger: createLogger('silent') },
  )
  if (outbox === null) throw new Error('no outbox')
  return {
    outbox,
    mailbox,
    async close() {
      await outbox.close()
      disconnect()
    },
  }
}

/** The mails to this address so far, oldest first, once there are so many. */
export async function mailsTo(mailbox: LocalMailbox | null, email: string, count = 1): Promise<readonly LocalMail[]> {
  const mails = () => [...(mailbox?.list() ?? [])].reverse().filter(({ to }) => to === email)
  await vi.waitUntil(() => mails().length >= count, { timeout: 5_000, interval: 2 })
  return mails()
}

/** The six digits in a mail's text. */
export function codeIn(text: string): string {
  const code = /^\d{6}$/m.exec(text)?.[0]
  if (code === undefined) throw new Error(`no code in: ${text}`)
  return code
}

/** The link in a mail's text. */
export function linkIn(text: string): URL {
  return new URL(/^https?:\S+$/m.exec(text)?.[0] ?? 'no link')
}

const SERVER = {
  host: '127.0.0.1',
  port: 8787,
  publicUrl: 'http://localhost:8787',
  workers: 1,
  drainDelaySeconds: 0,
  trustedProxies: [],
  metricsPort: null,
  rateLimits: 'on',
  logLevel: 'silent',
  playground: false,
} as const

/** An outbox of this gateway alone: another's could not open its mails, and has another clock. */
function openOutboxStore(store: StoreName) {
  if (store === 'memory') return { outboxStore: createMemoryOutboxStore(), disconnect: () => {} }
  const { hostname: host, port } = new URL(inject('redisUrl'))
  const client = connectRedis({ mode: 'single', node: { host, port: Number(port) }, access: ACCESS })
  const prefix = `test-${Buffer.from(random.bytes(9)).toString('base64url')}`
  return { outboxStore: createRedisOutboxStore(new RedisSteps(client), prefix), disconnect: () => client.disconnect() }
}
