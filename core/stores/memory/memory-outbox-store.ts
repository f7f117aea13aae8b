import { MAX_EXPIRED_PER_CLAIM, OUTBOX_CAPACITY, type OutboxEntry, type OutboxStore } from '../outbox-store.ts'
import { copyRecord } from './copy-record.ts'
import { ExpiringMap } from './expiring-map.ts'

interface Waiting {
  readonly entry: OutboxEntry
  attempt: number
  dueAt: number
}

/** Mails in this process: a restart forgets what was not sent. */
export function createMemoryOutboxStore(capacity: number = OUTBOX_CAPACITY): OutboxStore {
  const mails = new Map<string, Waiting>()
  const allowances = new ExpiringMap<{ used: number; readonly endsAt: Date }>()

  const longestDue = (now: number): Waiting | null => {
    let found: Waiting | null = null
    for (const mail of mails.values()) {
      if (mail.dueAt <= now && (found === null || mail.dueAt < found.dueAt)) found = mail
    }
    return found
  }

  // No await in any of them: a step is atomic because nothing else runs meanwhile.
  return {
    async enqueue(entry, { recipient, limit, windowMs }, now) {
      if (mails.has(entry.id)) return 'queued'
      if (mails.size >= capacity) return 'full'
      const known = allowances.get(recipient)
      const current = known !== undefined && known.endsAt > now ? known : null
      const used = current?.used ?? 0
      if (used >= limit) return 'flooded'
      const endsAt = current?.endsAt ?? new Date(now.getTime() + windowMs)
      allowances.set(recipient, { used: used + 1, endsAt }, endsAt, now)
      mails.set(entry.id, { entry: copyRecord(entry), attempt: 0, dueAt: now.getTime() })
      return 'queued'
    },
    async claim(now, leaseMs) {
      let expired = 0
      while (expired < MAX_EXPIRED_PER_CLAIM) {
        const mail = longestDue(now.getTime())
        if (mail === null) break
        if (mail.entry.expiresAt > now) {
          mail.attempt += 1
          mail.dueAt = now.getTime() + leaseMs
          return { entry: { ...copyRecord(mail.entry), attempt: mail.attempt }, expired }
        }
        mails.delete(mail.entry.id)
        expired += 1
      }
      return { entry: null, expired }
    },
    async complete(id) {
      return mails.delete(id)
    },
    async postpone({ id, attempt }, nextAttemptAt) {
      const mail = mails.get(id)
      if (mail === undefined || mail.attempt !== attempt) return false
      // Due at its expiry at the latest, so that it is found and counted then.
      mail.dueAt = Math.min(nextAttemptAt.getTime(), mail.entry.expiresAt.getTime())
      return true
    },
    async count() {
      return mails.size
    },
  }
}
