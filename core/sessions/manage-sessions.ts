import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { SessionStore } from '../stores/stores.ts'
import type { KeyRing } from '../tokens/key-ring.ts'
import { verifyAccessToken } from '../tokens/verify-access-token.ts'
import type { Door, Session } from './session.ts'
import type { SessionTokens } from './session-token.ts'

/** What a client shows for a session. Where it shows both, both must name the same one. */
export interface SessionBearer {
  readonly token: string | null
  /** A session JWT of ours. It may have expired: the session behind it decides. */
  readonly jwt: string | null
}

/** A session named within a project, by one of its dialects. */
export interface SessionName {
  readonly projectId: string
  readonly door: Door
  readonly sessionId: string
}

interface LocatePorts {
  readonly sessionTokens: SessionTokens
  readonly keys: KeyRing
}

/**
 * The id of the session somebody shows; null when nothing is shown. No store is asked: whether it lives is seen when it is used.
 *
 * @throws {AuthError} `session_unusable` for a token that is none of ours, `session_mismatch` when two sessions are shown
 */
export async function locateSession(
  { sessionTokens, keys }: LocatePorts,
  { projectId, door }: Pick<SessionName, 'projectId' | 'door'>,
  { token, jwt }: SessionBearer,
): Promise<string | null> {
  const byToken = token === null ? null : sessionTokens.locate(projectId, token)
  const byJwt = jwt === null ? null : await locateByJwt(keys, projectId, door, jwt)
  if ((token !== null && byToken === null) || (jwt !== null && byJwt === null)) throw new AuthError('session_unusable')
  if (byToken !== null && byJwt !== null && byToken !== byJwt) throw new AuthError('session_mismatch', 'two_sessions')
  return byToken ?? byJwt
}

async function locateByJwt(keys: KeyRing, projectId: string, door: Door, jwt: string): Promise<string | null> {
  const claims = await verifyAccessToken({ keys }, { projectId, door, token: jwt })
  const sessionId = claims?.['jti']
  return typeof sessionId === 'string' ? sessionId : null
}

/** Marks activity, sets a new life where a time is given, and returns the session. One step in the store. @throws {AuthError} `session_unusable` */
export async function verifySession(
  { sessions, clock }: { sessions: SessionStore; clock: Clock },
  { projectId, door, sessionId }: SessionName,
  ttlSeconds: number | null,
): Promise<Session> {
  const now = clock.now()
  // To change its life, the list of its user's sessions must be told first, so its user must be known.
  const userId = ttlSeconds === null ? null : ((await sessions.find(projectId, sessionId, now))?.userId ?? null)
  const expiresAt = ttlSeconds === null ? null : new Date(now.getTime() + ttlSeconds * 1000)
  const session = await sessions.renew(projectId, sessionId, { now, userId, expiresAt, factor: null })
  if (session === null || session.door !== door) throw new AuthError('session_unusable')
  return session
}

/** Ends a live session. @throws {AuthError} `session_unusable` when it is not live, or another dialect's */
export async function revokeSession(
  { sessions, clock, audit }: { sessions: SessionStore; clock: Clock } & Audited,
  { projectId, door, sessionId }: SessionName,
): Promise<void> {
  const now = clock.now()
  const session = await sessions.find(projectId, sessionId, now)
  if (session === null || session.door !== door || !(await sessions.revoke(projectId, sessionId, now))) {
    throw new AuthError('session_unusable')
  }
  audit?.record({ event: 'session.revoked', projectId, userId: session.userId, door, sessionId })
}

/** The user's live sessions behind this dialect, oldest first. */
export async function listSessions(
  { sessions, clock }: { sessions: SessionStore; clock: Clock },
  { projectId, door, userId }: { readonly projectId: string; readonly door: Door; readonly userId: string },
): Promise<readonly Session[]> {
  const all = await sessions.list(projectId, userId, clock.now())
  return all.filter((session) => session.door === door)
}
