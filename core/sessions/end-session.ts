import type { Clock } from '../ports.ts'
import type { SessionStore } from '../stores/stores.ts'
import { referToRefreshToken } from './refresh-token.ts'
import type { Door } from './session.ts'

/** Revokes the session whose live refresh token this is. False for any other text: unknown, rotated, revoked or another door's. */
export async function endSession(
  { sessions, clock }: { sessions: SessionStore; clock: Clock },
  { projectId, door, refreshToken }: { projectId: string; door: Door; refreshToken: string },
): Promise<boolean> {
  const { sessionId, hash } = referToRefreshToken(refreshToken)
  const session = await sessions.find(projectId, sessionId, clock.now())
  if (session !== null && session.door !== door) return false
  return sessions.revokeByRefreshToken(projectId, sessionId, hash)
}
