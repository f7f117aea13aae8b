import { createHash } from 'node:crypto'
import type { Clock, RandomSource } from '../../core/ports.ts'
import { CLOSE_GRACE_MS } from '../../core/queue/close-limits.ts'
import type { QueueEvent } from '../../core/queue/delivery.ts'
import { QueueRunner } from '../../core/queue/queue-runner.ts'
import { createSealer } from '../../core/queue/seal.ts'
import type { OutboxStore } from '../../core/stores/outbox-store.ts'
import type { Stores } from '../../core/stores/stores.ts'
import type { Timer } from '../../core/timer.ts'
import type { AuditRecord } from '../audit/audit-record.ts'
import type { AuditListener } from '../audit/open-audit.ts'
import type { WebhookSettings } from '../config/settings.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { createWebhookTransport } from './post-webhook.ts'

/** Totals of this process since it started. */
export interface WebhookCounters {
  readonly queued: number
  readonly sent: number
  /** Attempts that will be repeated. */
  readonly retried: number
  /** Refused for good by the receiver, or too old. */
  readonly dropped: number
  /** Not queued: the store did not answer, or the endpoint's queue was full. */
  readonly lost: number
}

export interface Webhooks extends AuditListener {
  counters(): WebhookCounters
  /** How many deliveries of all replicas wait. @throws {AuthError} `store_unavailable` */
  waiting(): Promise<number>
  /**
   * Tells these endpoints from now on, and no others. One that is unchanged goes on; of one that is not there any more, what waits stays in
   * the store: it is delivered if the endpoint comes back, and ends by itself.
   */
  serve(webhooks: readonly WebhookSettings[]): void
}

export interface WebhookParts {
  readonly queue: Stores['queue']
  readonly clock: Clock
  readonly random: RandomSource
  readonly timer: Timer
  /** Newest first. */
  readonly secrets: readonly Uint8Array[]
  /** `endpoint` names it without saying its URL, which may hold a key. */
  readonly report: (endpoint: string, event: WebhookEvent) => void
  /** False: what is queued here others deliver. */
  readonly delivers: boolean
  /** Null: deliveries are not traced. */
  readonly tracing?: Pick<Tracing, 'traceDeliveries'> | null
}

export type WebhookEvent = QueueEvent | { readonly kind: 'lost'; readonly error: unknown }

const SEALING = 'walletgate/webhooks/seal/v1'
/** Nobody wants to hear of what is older. */
const LIFE_MS = 3 * 24 * 60 * 60 * 1000
const RUNNER = {
  concurrency: 4,
  sendDeadlineMs: 15_000,
  leaseMs: 60_000,
  pollMs: 5_000,
  closeGraceMs: CLOSE_GRACE_MS,
  firstRetryMs: 5_000,
  maxRetryMs: 60 * 60 * 1000,
}
/** The outbox counts mails by recipient; an endpoint has a queue of its own, whose end is the limit. */
const NO_ALLOWANCE = { recipient: 'all', limit: Number.MAX_SAFE_INTEGER, windowMs: 60_000 }

/**
 * Tells each endpoint of the facts it asked for: queued in the store, delivered in the background, again and again until it takes them
 * or three days have passed. Each endpoint has a queue of its own, so that one that is down or slow holds up nobody else. Null when
 * there are none.
 */
export function openWebhooks(webhooks: readonly WebhookSettings[], parts: WebhookParts): Webhooks | null {
  if (webhooks.length === 0) return null
  const counters = { queued: 0, sent: 0, retried: 0, dropped: 0, lost: 0 }
  const underWay = new Set<Promise<void>>()
  const follow = (work: Promise<void>): void => {
    const done: Promise<void> = work.finally(() => underWay.delete(done))
    underWay.add(done)
  }
  let endpoints: ReadonlyMap<string, Endpoint> = new Map()
  const serve: Webhooks['serve'] = (wanted) => {
    const before = endpoints
    endpoints = new Map(
      wanted.map((webhook) => {
        const key = JSON.stringify(webhook)
        return [key, before.get(key) ?? openEndpoint(webhook, parts, counters)]
      }),
    )
    // Whoever takes its place may be at the same queue already: an entry is claimed by one of them.
    for (const [key, endpoint] of before) if (!endpoints.has(key)) follow(endpoint.close())
  }
  serve(webhooks)
  return {
    note(record) {
      for (const endpoint of endpoints.values()) if (endpoint.wants(record)) follow(endpoint.post(record))
    },
    counters: () => ({ ...counters }),
    async waiting() {
      const counts = await Promise.all([...endpoints.values()].map(({ queue }) => queue.count()))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    serve,
    async close() {
      await Promise.all(underWay)
      await Promise.all([...endpoints.values()].map((endpoint) => endpoint.close()))
    },
  }
}

interface Endpoint {
  readonly queue: OutboxStore
  wants(record: AuditRecord): boolean
  /** Never rejects. */
  post(record: AuditRecord): Promise<void>
  close(): Promise<void>
}

function openEndpoint(
  webhook: WebhookSettings,
  { queue: openQueue, clock, random, timer, secrets, report, delivers, tracing = null }: WebhookParts,
  counters: { -readonly [K in keyof WebhookCounters]: number },
): Endpoint {
  const { projectId, url } = webhook
  const name = createHash('sha256')
    .update(JSON.stringify([projectId, url]))
    .digest('base64url')
    .slice(0, 22)
  const queue = openQueue(`webhook-${name}`)
  const sealer = createSealer<string>(secrets, SEALING, random)
  const events: ReadonlySet<string> | null = webhook.events === null ? null : new Set(webhook.events)
  const untraced = createWebhookTransport(webhook, clock)
  const transport = tracing?.traceDeliveries('webhook', untraced) ?? untraced
  const tell = (event: WebhookEvent) => {
    if (event.kind === 'sent') counters.sent += 1
    else if (event.kind === 'deferred') counters.retried += 1
    else if (event.kind === 'dropped') counters.dropped += 1
    else if (event.kind === 'expired') counters.dropped += event.items
    report(name, event)
  }
  const runner = delivers
    ? new QueueRunner({ store: queue, transport, sealer, clock, random, timer, report: tell }, RUNNER)
    : null
  return {
    queue,
    wants: ({ project, event }) => project === projectId && (events === null || events.has(event)),
    async post(record) {
      const now = clock.now()
      const { id } = record
      const entry = { id, sealed: sealer.seal(id, bodyOf(record)), expiresAt: new Date(now.getTime() + LIFE_MS) }
      try {
        const outcome = await queue.enqueue(entry, NO_ALLOWANCE, now)
        if (outcome !== 'queued') throw new Error(`the queue is ${outcome}`)
        counters.queued += 1
        runner?.wake()
      } catch (error) {
        counters.lost += 1
        tell({ kind: 'lost', error })
      }
    },
    async close() {
      await runner?.close()
      await transport.close()
    },
  }
}

/** Standard Webhooks: `type`, `timestamp` and `data`. The proof stays in the trail: who is told of a fact need not hold it. */
function bodyOf({ audit, id, time, event, proof, ...data }: AuditRecord): string {
  return JSON.stringify({ type: event, timestamp: time, data: { id, ...data } })
}
