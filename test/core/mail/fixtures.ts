import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { inject } from 'vitest'
import { type EmailAddress, parseEmailAddress } from '../../../core/mail/email-address.ts'
import type { Mail, MailTransport } from '../../../core/mail/mail.ts'
import { createMailSealer } from '../../../core/mail/seal-mail.ts'
import { signInCodeMail } from '../../../core/mail/templates.ts'
import type { Delivery, QueueEvent } from '../../../core/queue/delivery.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { OutboxStore } from '../../../core/stores/outbox-store.ts'
import { connectRedis } from '../../../core/stores/redis/connect-redis.ts'
import { createRedisOutboxStore } from '../../../core/stores/redis/redis-outbox-store.ts'
import { RedisSteps } from '../../../core/stores/redis/redis-steps.ts'
import type { Timer } from '../../../core/timer.ts'
import { TestClock } from '../../support/clock.ts'

export const random = createSystemRandom()
export const SECRET = new TextEncoder().encode('a secret of the first year, long enough')
export const NEWER_SECRET = new TextEncoder().encode('a secret of the second year, long enough')
export const sealer = createMailSealer([SECRET], random)

export function address(text: string): EmailAddress {
  const parsed = parseEmailAddress(text)
  if (parsed === null) throw new TypeError(`no address: ${text}`)
  return parsed
}

export function codeMail({ to = `${randomUUID()}@example.com`, code = '048213', projectName = 'My App' } = {}): Mail {
  return signInCodeMail({ to: address(to), projectName, code, validMinutes: 10 })
}

/** A clock and the timers that go by it. */
export class TestTime extends TestClock implements Timer {
  #waiting: { readonly at: number; readonly act: () => void }[] = []

  after(milliseconds: number, act: () => void): () => void {
    const timer = { at: this.now().getTime() + milliseconds, act }
    this.#waiting.push(timer)
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== timer)
    }
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Moves on, acting at each timer's time, and lets everything that is ready happen. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.now().getTime() + milliseconds
    await settle()
    for (;;) {
      const next = this.#waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#waiting = this.#waiting.filter((each) => each !== next)
      this.set(new Date(Math.max(next.at, this.now().getTime())))
      next.act()
      await settle()
    }
    this.set(new Date(end))
    await settle()
  }
}

/** Lets promises that are ready go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A transport that does what the test says, and remembers. */
export class TestTransport implements MailTransport {
  readonly sends: { readonly id: string; readonly mail: Mail; readonly signal: AbortSignal }[] = []
  answer: (mail: Mail, signal: AbortSignal) => Delivery | Promise<Delivery> = () => ({ outcome: 'sent' })
  isClosed = false

  async send(mail: Mail, { id, signal }: { id: string; signal: AbortSignal }): Promise<Delivery> {
    this.sends.push({ id, mail, signal })
    return this.answer(mail, signal)
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

/** An attempt that ends only when it is given up. */
export function untilAborted(signal: AbortSignal): Promise<Delivery> {
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve({ outcome: 'deferred', reason: 'aborted' })),
  )
}

export function collectEvents(): { events: QueueEvent[]; report: (event: QueueEvent) => void } {
  const events: QueueEvent[] = []
  return { events, report: (event) => void events.push(event) }
}

/** Connections to the run's Redis, or another, closed by the test. */
export function openTestRedis(url: string = inject('redisUrl')): Redis | Cluster {
  const { hostname: host, port } = new URL(url)
  const access = { username: null, password: null, db: 0, tls: false }
  return connectRedis({ mode: 'single', node: { host, port: Number(port) }, access })
}

/** Resolves when commands no longer fail for want of a connection. */
export async function whenReady(client: Redis | Cluster): Promise<void> {
  if (client.status !== 'ready') await new Promise((resolve) => client.once('ready', () => resolve(null)))
}

const stepsOf = new WeakMap<Redis | Cluster, RedisSteps>()

/** An outbox of its own in a shared Redis. */
export function redisOutbox(client: Redis | Cluster, prefix: string, capacity?: number): OutboxStore {
  const steps = stepsOf.get(client) ?? new RedisSteps(client)
  stepsOf.set(client, steps)
  return createRedisOutboxStore(steps, prefix, capacity)
}

export function newPrefix(): string {
  return `test-${randomUUID()}`
}
