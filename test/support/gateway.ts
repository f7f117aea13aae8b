import { inject } from 'vitest'
import type { Outbox } from '../../core/mail/outbox.ts'
import { createSystemRandom } from '../../core/random.ts'
import { createMemoryStores } from '../../core/stores/memory/memory-stores.ts'
import { openRedisStores } from '../../core/stores/redis/redis-stores.ts'
import type { Stores } from '../../core/stores/stores.ts'
import type { Audit } from '../../src/audit/open-audit.ts'
import type { ProjectSettings } from '../../src/config/settings.ts'
import { createGateway } from '../../src/gateway.ts'
import { createApp } from '../../src/http/app.ts'
import { createLogger } from '../../src/logger.ts'
import { TestClock } from './clock.ts'

/** How the outside reaches a gateway of a test. */
export const TEST_PUBLIC_URL = 'https://gate.example.test'

/** The stores that every promise is tested on. */
export const STORES = ['memory', 'redis'] as const
export type StoreName = (typeof STORES)[number]

export interface TestGateway {
  readonly app: ReturnType<typeof createApp>
  readonly core: Awaited<ReturnType<typeof createGateway>>['core']
  readonly clock: TestClock
  readonly stores: Stores
  /** Every log line so far, parsed. */
  readonly logs: Record<string, unknown>[]
  close(): Promise<void>
}

/** Stores of a kind. With Redis, tests are kept apart by project ids that no other test uses. */
export function openTestStores(store: StoreName, redisUrl: string): Stores {
  if (store === 'memory') return createMemoryStores()
  const { hostname: host, port } = new URL(redisUrl)
  const access = { username: null, password: null, db: 0, tls: false }
  return openRedisStores({ mode: 'single', node: { host, port: Number(port) }, access })
}

/** Fresh stores of this kind on the shared test Redis, or in memory. */
export function openStoresForTests(store: StoreName): Stores {
  return openTestStores(store, inject('redisUrl'))
}

/** The whole application in process, without a socket, on a clock the test moves. */
export async function openTestGateway(options: {
  readonly projects: readonly ProjectSettings[]
  readonly stores: Stores
  readonly clock?: TestClock
  readonly secrets?: readonly Uint8Array[]
  /** Nowhere to send mail to, unless one is given. */
  readonly mail?: Outbox
  /** Nobody keeps facts, unless somebody is given. */
  readonly audit?: Audit
  /** As in production, unless one is given. */
  readonly answerLimitMs?: number
}): Promise<TestGateway> {
  const { stores, clock = new TestClock() } = options
  const random = createSystemRandom()
  const logs: Record<string, unknown>[] = []
  const failures: unknown[] = []
  const logger = createLogger('trace', { write: (line: string) => void logs.push(JSON.parse(line)) })
  const [first, ...rest] = options.projects
  if (first === undefined) throw new RangeError('a gateway needs a project')
  const gateway = await createGateway(
    {
      projects: [first, ...rest],
      secrets: options.secrets ?? [random.bytes(32)],
      server: { publicUrl: TEST_PUBLIC_URL },
    },
    {
      stores,
      clock,
      random,
      mail: options.mail ?? null,
      report: (error) => void failures.push(error),
      audit: options.audit,
    },
  )
  const app = createApp({
    ...gateway,
    mailbox: null,
    logger,
    random,
    context: options.audit ?? null,
    answerLimitMs: options.answerLimitMs,
  })
  await untilConnected(stores)
  return { app, core: gateway.core, clock, stores, logs, close: () => gateway.close() }
}

const CONNECT_LIMIT_MS = 10_000

/**
 * Resolves when the store answers. Commands fail at once while there is no connection, and a process that runs tests in memory
 * for seconds, without a turn of its event loop, may take a connection that is being made for one that timed out.
 */
async function untilConnected(stores: Stores): Promise<void> {
  const deadline = performance.now() + CONNECT_LIMIT_MS
  for (;;) {
    try {
      return await stores.ping()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
