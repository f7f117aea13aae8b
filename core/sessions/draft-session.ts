import { newKsuid } from '../ids.ts'
import type { RandomSource } from '../ports.ts'
import { newRefreshToken, referToRefreshToken, SESSION_ID_PREFIX } from './refresh-token.ts'
import type { Door, Factor, RefreshTokenRecord, Session } from './session.ts'

export interface SessionDraft {
  readonly session: Session
  /** The token to hand out, once; only its record is stored. */
  readonly refreshToken: string
  readonly refreshTokenRecord: RefreshTokenRecord
}

/** A session that begins now, with its first refresh token. Nothing is stored yet. */
export function draftSession(
  owner: { readonly projectId: string; readonly userId: string; readonly door: Door },
  factor: Factor,
  ttlSeconds: number,
  now: Date,
  random: RandomSource,
): SessionDraft {
  const id = `${SESSION_ID_PREFIX}${newKsuid(now, random)}`
  const expiresAt = new Date(now.getTime() + ttlSeconds * 1000)
  const session = { ...owner, id, factors: [factor], device: null, createdAt: now, lastActiveAt: now, expiresAt }
  return { session, ...draftRefreshToken(id, expiresAt, random) }
}

/** The next refresh token of a session. Nothing is stored yet. */
export function draftRefreshToken(
  sessionId: string,
  expiresAt: Date,
  random: RandomSource,
): Pick<SessionDraft, 'refreshToken' | 'refreshTokenRecord'> {
  const refreshToken = newRefreshToken(sessionId, random)
  return { refreshToken, refreshTokenRecord: { hash: referToRefreshToken(refreshToken).hash, expiresAt } }
}
