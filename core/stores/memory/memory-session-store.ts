import type { RefreshTokenRecord, Session } from '../../sessions/session.ts'
import { SESSION_RETENTION_MS, type SessionStore } from '../stores.ts'
import { ExpiringMap } from './expiring-map.ts'

interface TokenState {
  readonly expiresAt: Date
  readonly replacedAt: Date | null
}

interface Entry {
  session: Session
  readonly tokens: Map<string, TokenState>
  /** Hash of the token that was replaced last. */
  previous: string | null
}

/** Sessions in this process. A restart forgets them. */
export function createMemorySessionStore(): SessionStore {
  const entries = new ExpiringMap<Entry>()
  const idsByUser = new Map<string, Set<string>>()

  const at = (projectId: string, id: string): string => `${projectId}\0${id}`
  const put = (entry: Entry, now: Date): void => {
    const { projectId, id, expiresAt } = entry.session
    entries.set(at(projectId, id), entry, new Date(expiresAt.getTime() + SESSION_RETENTION_MS), now)
  }
  const forget = ({ projectId, id, userId }: Session): boolean => {
    const ids = idsByUser.get(at(projectId, userId))
    ids?.delete(id)
    if (ids?.size === 0) idsByUser.delete(at(projectId, userId))
    return entries.delete(at(projectId, id))
  }
  const live = (projectId: string, sessionId: string, now: Date): Entry | null => {
    const entry = entries.get(at(projectId, sessionId))
    return entry !== undefined && entry.session.expiresAt > now ? entry : null
  }

  return {
    async open(session, refreshToken) {
      const entry: Entry = { session: structuredClone(session), tokens: new Map(), previous: null }
      if (refreshToken !== null) entry.tokens.set(refreshToken.hash, stateOf(refreshToken))
      put(entry, session.createdAt)
      const owner = at(session.projectId, session.userId)
      const ids = idsByUser.get(owner) ?? new Set()
      idsByUser.set(owner, ids.add(session.id))
      for (const id of ids) {
        if (entries.get(at(session.projectId, id)) !== undefined) break // Oldest first: the first one kept ends the tidying.
        ids.delete(id)
      }
    },
    async find(projectId, sessionId, now) {
      return structuredClone(live(projectId, sessionId, now)?.session ?? null)
    },
    async renew(projectId, sessionId, { now, expiresAt, factor }) {
      const entry = live(projectId, sessionId, now)
      if (entry === null) return null
      const { session } = entry
      const others = session.factors.filter(({ credentialId }) => credentialId !== factor?.credentialId)
      entry.session = {
        ...session,
        lastActiveAt: now,
        expiresAt: expiresAt ?? session.expiresAt,
        factors: factor === null ? session.factors : [...others, factor],
      }
      put(entry, now)
      return structuredClone(entry.session)
    },
    async rotateRefreshToken({ projectId, sessionId, presentedHash, next, policy, now }) {
      const entry = live(projectId, sessionId, now)
      const presented = entry?.tokens.get(presentedHash)
      if (entry === null || presented === undefined) {
        return { outcome: entry?.previous === presentedHash ? 'reused' : 'unusable' }
      }
      if (presented.expiresAt <= now) return { outcome: 'unusable' }
      const graceEndsAt = (state: TokenState): number =>
        (state.replacedAt?.getTime() ?? Number.POSITIVE_INFINITY) + policy.graceSeconds * 1000
      if (graceEndsAt(presented) <= now.getTime()) return { outcome: 'reused' }

      for (const [hash, state] of entry.tokens) {
        if (state.expiresAt <= now || graceEndsAt(state) <= now.getTime()) entry.tokens.delete(hash)
      }
      entry.previous = presentedHash
      if (policy.graceSeconds === 0) entry.tokens.delete(presentedHash)
      else if (presented.replacedAt === null) entry.tokens.set(presentedHash, { ...presented, replacedAt: now })
      if (entry.tokens.size >= policy.maxLiveTokens) return { outcome: 'unusable' }
      entry.tokens.set(next.hash, stateOf(next))
      entry.session = { ...entry.session, lastActiveAt: now, expiresAt: next.expiresAt }
      put(entry, now)
      return { outcome: 'rotated', session: structuredClone(entry.session) }
    },
    async revokeByRefreshToken(projectId, sessionId, refreshTokenHash) {
      const entry = entries.get(at(projectId, sessionId))
      const state = entry?.tokens.get(refreshTokenHash)
      return entry !== undefined && state?.replacedAt === null && forget(entry.session)
    },
    async revoke(projectId, sessionId, now) {
      const entry = entries.get(at(projectId, sessionId))
      if (entry === undefined) return false
      forget(entry.session)
      return entry.session.expiresAt > now
    },
    async list(projectId, userId, now) {
      const ids = [...(idsByUser.get(at(projectId, userId)) ?? [])]
      return structuredClone(ids.flatMap((id) => live(projectId, id, now)?.session ?? []))
    },
  }
}

function stateOf({ expiresAt }: RefreshTokenRecord): TokenState {
  return { expiresAt, replacedAt: null }
}
