import type { RefreshTokenRecord, RotationPolicy, Session } from '../../sessions/session.ts'
import { orderFactors } from '../order-factors.ts'
import { MAX_SESSIONS_PER_USER, SESSION_RETENTION_MS, type SessionStore } from '../stores.ts'
import { copyRecord } from './copy-record.ts'
import { ExpiringMap } from './expiring-map.ts'
import { projectKey as at } from './project-key.ts'

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

  const giveWay = (projectId: string, ids: ReadonlySet<string>, kept: string): void => {
    const others = [...ids].flatMap((id) => (id === kept ? [] : (entries.get(at(projectId, id))?.session ?? [])))
    others.sort((a, b) => a.expiresAt.getTime() - b.expiresAt.getTime())
    for (const other of others.slice(0, others.length + 1 - MAX_SESSIONS_PER_USER)) forget(other)
  }

  return {
    async open(session, refreshToken) {
      const copy = copyRecord(session)
      const ordered = { ...copy, factors: orderFactors(copy.factors) }
      const entry: Entry = { session: ordered, tokens: new Map(), previous: null }
      if (refreshToken !== null) entry.tokens.set(refreshToken.hash, stateOf(refreshToken))
      put(entry, session.createdAt)
      const owner = at(session.projectId, session.userId)
      const ids = idsByUser.get(owner) ?? new Set()
      idsByUser.set(owner, ids.add(session.id))
      for (const id of ids) {
        if (entries.get(at(session.projectId, id)) !== undefined) break // Oldest first: the first one kept ends the tidying.
        ids.delete(id)
      }
      if (ids.size > MAX_SESSIONS_PER_USER) giveWay(session.projectId, ids, session.id)
    },
    async find(projectId, sessionId, now) {
      return copyRecord(live(projectId, sessionId, now)?.session ?? null)
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
        factors: factor === null ? session.factors : orderFactors([...others, copyRecord(factor)]),
      }
      put(entry, now)
      return copyRecord(entry.session)
    },
    async rotateRefreshToken({ projectId, sessionId, presentedHash, next, policy, now }) {
      const entry = live(projectId, sessionId, now)
      const presented = entry?.tokens.get(presentedHash)
      if (entry === null || presented === undefined) {
        return { outcome: entry?.previous === presentedHash ? 'reused' : 'unusable' }
      }
      const isOver = ({ replacedAt }: TokenState): boolean =>
        replacedAt !== null && replacedAt.getTime() + policy.graceSeconds * 1000 <= now.getTime()
      if (presented.expiresAt <= now) return { outcome: 'unusable' }
      if (isOver(presented)) return { outcome: 'reused' }
      for (const [hash, state] of entry.tokens) if (state.expiresAt <= now || isOver(state)) entry.tokens.delete(hash)
      if (!makeRoom(entry.tokens, presentedHash, now, policy)) return { outcome: 'unusable' }

      entry.tokens.set(next.hash, stateOf(next))
      entry.previous = presentedHash
      entry.session = { ...entry.session, lastActiveAt: now, expiresAt: next.expiresAt }
      put(entry, now)
      return { outcome: 'rotated', session: copyRecord(entry.session) }
    },
    async addRefreshToken({ projectId, sessionId, token, maxLiveTokens, now }) {
      const entry = live(projectId, sessionId, now)
      if (entry === null) return null
      for (const [hash, { expiresAt }] of entry.tokens) if (expiresAt <= now) entry.tokens.delete(hash)
      if (entry.tokens.size >= maxLiveTokens) return null
      entry.tokens.set(token.hash, stateOf(token))
      entry.session = { ...entry.session, lastActiveAt: now, expiresAt: token.expiresAt }
      put(entry, now)
      return copyRecord(entry.session)
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
      const sessions = ids.flatMap((id) => live(projectId, id, now)?.session ?? [])
      sessions.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1))
      return copyRecord(sessions)
    },
  }
}

function stateOf({ expiresAt }: RefreshTokenRecord): TokenState {
  return { expiresAt, replacedAt: null }
}

/**
 * Replaces the presented token and makes room for one more. Where there is none, others go: first the one replaced first, which
 * loses its grace; then the oldest that nobody has used, the spare of two that refreshed at once. The presented one loses its grace
 * where it is alone. False, and nothing changed: no token can go.
 */
function makeRoom(
  tokens: Map<string, TokenState>,
  presentedHash: string,
  now: Date,
  { graceSeconds, maxLiveTokens }: RotationPolicy,
): boolean {
  const presented = tokens.get(presentedHash)
  if (presented === undefined) return false
  const isFirstUse = presented.replacedAt === null
  const drop = graceSeconds === 0 ? [presentedHash] : []
  const inTurn = [...tokens]
    .filter(([hash]) => hash !== presentedHash)
    .map(([hash, { replacedAt, expiresAt }]) => ({ hash, replacedAt: Number(replacedAt ?? Infinity), expiresAt }))
    .sort(
      (a, b) =>
        (a.replacedAt === b.replacedAt ? Number(a.expiresAt) - Number(b.expiresAt) : a.replacedAt - b.replacedAt) ||
        (a.hash < b.hash ? -1 : 1),
    )
    .map(({ hash }) => hash)
  if (isFirstUse && graceSeconds > 0) inTurn.push(presentedHash)
  while (tokens.size - drop.length >= maxLiveTokens) {
    const victim = inTurn.shift()
    if (victim === undefined) return false
    drop.push(victim)
  }
  if (isFirstUse) tokens.set(presentedHash, { ...presented, replacedAt: now })
  for (const hash of drop) tokens.delete(hash)
  return true
}
