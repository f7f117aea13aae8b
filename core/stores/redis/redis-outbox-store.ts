import { AuthError } from '../../errors.ts'
import { type Enqueued, MAX_EXPIRED_PER_CLAIM, OUTBOX_CAPACITY, type OutboxStore } from '../outbox-store.ts'
import { CLAIM_MAIL, COMPLETE_MAIL, ENQUEUE_MAIL, POSTPONE_MAIL } from './outbox-scripts.ts'
import type { RedisSteps } from './redis-steps.ts'

/** How long a mail's key outlives the mail: clocks differ. */
const MAIL_TTL_SLACK_MS = 60_000
/** How long a replica that comes back still learns how many mails nobody sent. */
const QUEUE_TTL_SLACK_MS = 24 * 60 * 60 * 1000

/** Mails in Redis, one queue for every replica. A mail nobody sends ends by itself. */
export function createRedisOutboxStore(
  steps: RedisSteps,
  prefix: string,
  capacity: number = OUTBOX_CAPACITY,
): OutboxStore {
  const queue = `${prefix}:{outbox}:queue`
  const mailPrefix = `${prefix}:{outbox}:mail:`
  const allowanceKey = (recipient: string) => `${prefix}:{outbox}:allowance:${recipient}`
  return {
    async enqueue({ id, sealed, expiresAt }, { recipient, limit, windowMs }, now) {
      const life = Math.max(expiresAt.getTime() - now.getTime(), 0)
      const answer = await steps.run(
        ENQUEUE_MAIL,
        [queue, mailPrefix + id, allowanceKey(recipient)],
        [
          id,
          sealed,
          expiresAt.getTime(),
          life + MAIL_TTL_SLACK_MS,
          now.getTime(),
          limit,
          now.getTime() + windowMs,
          windowMs,
          capacity,
          life + QUEUE_TTL_SLACK_MS,
        ],
      )
      return requireEnqueued(answer)
    },
    async claim(now, leaseMs) {
      const answer = await steps.run(
        CLAIM_MAIL,
        [queue, mailPrefix],
        [now.getTime(), now.getTime() + leaseMs, leaseMs + MAIL_TTL_SLACK_MS, MAX_EXPIRED_PER_CLAIM],
      )
      const [expired, id, sealed, ends, attempt] = Array.isArray(answer) ? answer : []
      if (expired === undefined) throw unexpected()
      if (id === undefined || sealed === undefined) return { entry: null, expired: Number(expired) }
      return {
        entry: { id, sealed, expiresAt: new Date(Number(ends)), attempt: Number(attempt) },
        expired: Number(expired),
      }
    },
    complete: (id) => steps.runForFlag(COMPLETE_MAIL, [queue, mailPrefix + id], [id]),
    postpone: ({ id, attempt }, nextAttemptAt) =>
      steps.runForFlag(POSTPONE_MAIL, [queue, mailPrefix + id], [id, attempt, nextAttemptAt.getTime()]),
    count: () => steps.ask((client) => client.zcard(queue)),
  }
}

function requireEnqueued(answer: unknown): Enqueued {
  if (answer === 'queued' || answer === 'flooded' || answer === 'full') return answer
  throw unexpected()
}

function unexpected(): AuthError {
  return new AuthError('store_unavailable', 'answer_unexpected')
}
