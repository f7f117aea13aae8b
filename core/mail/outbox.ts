import { AuthError } from '../errors.ts'
import { newHex } from '../ids.ts'
import { CLOSE_GRACE_MS } from '../queue/close-limits.ts'
import type { QueueEvent } from '../queue/delivery.ts'
import { QueueRunner, type RunnerParts, type RunnerSettings } from '../queue/queue-runner.ts'
import type { Mail } from './mail.ts'
import type { MailSealer } from './seal-mail.ts'

const ID_BYTES = 16

export interface OutboxSettings extends RunnerSettings {
  /** How many mails one address of one project may get in a window that begins with the first of them. */
  readonly mailsPerWindow: number
  readonly windowMs: number
}

const OUTBOX_DEFAULTS: OutboxSettings = {
  concurrency: 4,
  sendDeadlineMs: 30_000,
  leaseMs: 60_000,
  pollMs: 1_000,
  closeGraceMs: CLOSE_GRACE_MS,
  firstRetryMs: 1_000,
  maxRetryMs: 60_000,
  mailsPerWindow: 5,
  windowMs: 15 * 60_000,
}

export interface PostRequest {
  readonly projectId: string
  readonly mail: Mail
  /** When its code or link ends: from then on it is not sent any more. */
  readonly expiresAt: Date
}

/** Totals of this process since it started. */
interface MailCounters {
  /** Accepted. */
  readonly queued: number
  readonly sent: number
  /** Attempts that will be repeated. */
  readonly retried: number
  /** Refused for good, or expired. */
  readonly dropped: number
  /** Not accepted, because their recipient had enough of them. */
  readonly flooded: number
}

export interface Outbox {
  /**
   * Answers once the mail is in the store, never waiting for a mail server. `flooded`: the address has had its allowance, and
   * nothing was queued; what a client may learn of that is the caller's decision.
   * @throws {AuthError} `store_unavailable`, also when too many mails wait already (`outbox_full`)
   */
  post(request: PostRequest): Promise<'accepted' | 'flooded'>
  counters(): MailCounters
  /** How many mails of all replicas wait. @throws {AuthError} `store_unavailable` */
  waiting(): Promise<number>
  /** Stops sending. What was not sent stays in the store. Idempotent. */
  close(): Promise<void>
}

interface OutboxParts extends RunnerParts<Mail> {
  readonly sealer: MailSealer
}

/** An outbox that sends from now on, in the background. */
export function createOutbox(parts: OutboxParts, overrides: Partial<OutboxSettings> = {}): Outbox {
  const settings = { ...OUTBOX_DEFAULTS, ...overrides }
  if (settings.leaseMs <= settings.sendDeadlineMs) throw new RangeError('a lease must outlast the attempt it covers')
  const { store, transport, sealer, clock, random } = parts
  const counters = { queued: 0, sent: 0, retried: 0, dropped: 0, flooded: 0 }
  const report = (event: QueueEvent) => {
    if (event.kind === 'sent') counters.sent += 1
    else if (event.kind === 'deferred') counters.retried += 1
    else if (event.kind === 'dropped') counters.dropped += 1
    else if (event.kind === 'expired') counters.dropped += event.items
    parts.report(event)
  }
  const runner = new QueueRunner({ ...parts, report }, settings)
  let closed: Promise<void> | null = null
  return {
    async post({ projectId, mail, expiresAt }) {
      const id = newHex(ID_BYTES, random)
      const entry = { id, sealed: sealer.seal(id, mail), expiresAt }
      const recipient = sealer.nameRecipient(projectId, mail.to)
      const allowance = { recipient, limit: settings.mailsPerWindow, windowMs: settings.windowMs }
      const outcome = await store.enqueue(entry, allowance, clock.now())
      if (outcome === 'full') throw new AuthError('store_unavailable', 'outbox_full')
      if (outcome === 'flooded') {
        counters.flooded += 1
        return 'flooded'
      }
      counters.queued += 1
      runner.wake()
      return 'accepted'
    },
    counters: () => ({ ...counters }),
    waiting: () => store.count(),
    close() {
      closed ??= runner.close().then(() => transport.close())
      return closed
    },
  }
}
