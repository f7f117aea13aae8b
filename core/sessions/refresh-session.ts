import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import type { Credential } from '../identities/identity.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore, SessionStore } from '../stores/stores.ts'
import { draftRefreshToken } from './draft-session.ts'
import { referToRefreshToken } from './refresh-token.ts'
import { requireOpener } from './require-opener.ts'
import type { Door, RotationPolicy, Session } from './session.ts'

export interface SessionRefresh {
  readonly projectId: string
  readonly door: Door
  readonly refreshToken: string
  /** The session it must be a token of; null where the client does not say. */
  readonly sessionId: string | null
  /** How long the session and its next refresh token live from now, seconds. */
  readonly ttlSeconds: number
  readonly policy: RotationPolicy
}

export interface RefreshedSession {
  readonly session: Session
  /** What the session was opened with, as it stands now; null where nobody was asked for a proof. */
  readonly credential: Credential | null
  readonly refreshToken: string
}

/**
 * Swaps a refresh token for the next one. The credential that opened the session is read anew, before anything is spent: gone or
 * another user's, it opens nothing any more, and a suspended wallet's token is refused and kept.
 *
 * @throws {AuthError} `refresh_token_unusable`, `wallet_inactive`, `store_unavailable`
 */
export async function refreshSession(
  ports: { sessions: SessionStore; identities: IdentityStore; clock: Clock; random: RandomSource } & Audited,
  { projectId, door, refreshToken, sessionId: expected, ttlSeconds, policy }: SessionRefresh,
): Promise<RefreshedSession> {
  const now = ports.clock.now()
  const { sessionId, hash } = referToRefreshToken(refreshToken)
  if (expected !== null && expected !== sessionId) throw new AuthError('refresh_token_unusable', 'other_session')
  const session = await ports.sessions.find(projectId, sessionId, now)
  if (session === null || session.door !== door) throw new AuthError('refresh_token_unusable', 'session_not_live')

  const credential = await requireOpener(session, ports.identities, 'refresh_token_unusable')

  const next = draftRefreshToken(sessionId, new Date(now.getTime() + ttlSeconds * 1000), ports.random)
  const rotation = await ports.sessions.rotateRefreshToken({
    projectId,
    sessionId,
    userId: session.userId,
    presentedHash: hash,
    next: next.record,
    policy,
    now,
  })
  if (rotation.outcome !== 'rotated') throw new AuthError('refresh_token_unusable', `token_${rotation.outcome}`)
  ports.audit?.record({ event: 'session.refreshed', projectId, userId: session.userId, door, sessionId })
  return { session: rotation.session, credential, refreshToken: next.refreshToken }
}
