import type { Audited } from '../audit/audit-trail.ts'
import type { Clock } from '../ports.ts'
import type { SessionStore } from '../stores/stores.ts'
import { referToRefreshToken } from './refresh-token.ts'
import type { Door } from './session.ts'

/** Revokes the session whose live refresh token this is. False for any other text: unknown, rotated, revoked or another door's. */
export async function endSession(
  { sessions, clock, audit }: { sessions: SessionStore; clock: Clock } & Audited,
  { projectId, door, refreshToken }: { projectId: string; door: Door; refreshToken: string },
): Promise<boolean> {
  const { sessionId, hash } = referToRefreshToken(refreshToken)
  const session = await sessions.find(projectId, sessionId, clock.now())
  if (session !== null && session.door !== door) return false
  const hasEnded = await sessions.revokeByRefreshToken(projectId, sessionId, hash)
  if (hasEnded) {
    audit?.record({ event: 'session.revoked', projectId, userId: session?.userId ?? null, door, sessionId })
  }
  return hasEnded
}
