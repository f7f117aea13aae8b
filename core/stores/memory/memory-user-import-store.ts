import { type IdentityStore, SESSION_RETENTION_MS, type SessionStore } from '../stores.ts'
import type { UserImportStore } from '../user-import-store.ts'
import { ExpiringMap } from './expiring-map.ts'
import { projectKey as at } from './project-key.ts'

/** Imports into these stores of this process. */
export function createMemoryUserImportStore(identities: IdentityStore, sessions: SessionStore): UserImportStore {
  const begun = new Set<string>()
  const opened = new ExpiringMap<{ readonly endsAt: Date }>()

  return {
    async findPresence(projectId, userId) {
      if (begun.has(at(projectId, userId))) return 'begun'
      return (await identities.findUser(projectId, userId)) === null ? 'absent' : 'there'
    },
    async importUser(user, credentials) {
      const { projectId, id } = user
      const key = at(projectId, id)
      if (!begun.has(key) && (await identities.findUser(projectId, id)) !== null) return { outcome: 'there' }
      begun.add(key)
      try {
        await identities.createUser(user)
        for (const credential of credentials) {
          const held = await identities.claim(credential, user)
          if (held.userId === id) continue
          await identities.deleteUser(projectId, id)
          return { outcome: 'taken', credential: held }
        }
        return { outcome: 'imported' }
      } finally {
        begun.delete(key)
      }
    },
    async openSession(session, refreshToken, shownUntil, now) {
      const key = at(session.projectId, session.id)
      if ((opened.get(key)?.endsAt ?? now) > now) return false
      const lastShown = Math.max(session.expiresAt.getTime(), shownUntil.getTime())
      const endsAt = new Date(lastShown + SESSION_RETENTION_MS)
      opened.set(key, { endsAt }, endsAt, now)
      await sessions.open(session, refreshToken)
      return true
    },
    async hasOpenedSession(projectId, sessionId, now) {
      return (opened.get(at(projectId, sessionId))?.endsAt ?? now) > now
    },
  }
}
