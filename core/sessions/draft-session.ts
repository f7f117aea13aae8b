import { newKsuid } from '../ids.ts'
import type { RandomSource } from '../ports.ts'
import { newRefreshToken, referToRefreshToken, SESSION_ID_PREFIX } from './refresh-token.ts'
import type { Device, Door, Factor, RefreshTokenRecord, Session } from './session.ts'

/** A session that begins now. Nothing is stored yet. */
export function draftSession(
  owner: { readonly projectId: string; readonly userId: string; readonly door: Door },
  factors: readonly Factor[],
  { ttlSeconds, device }: { readonly ttlSeconds: number; readonly device: Device | null },
  now: Date,
  random: RandomSource,
): Session {
  const id = `${SESSION_ID_PREFIX}${newKsuid(now, random)}`
  const expiresAt = new Date(now.getTime() + ttlSeconds * 1000)
  return { ...owner, id, factors, device, createdAt: now, lastActiveAt: now, expiresAt }
}

/** The next refresh token of a session: the token to hand out, once, and its record. Nothing is stored yet. */
export function draftRefreshToken(
  sessionId: string,
  expiresAt: Date,
  random: RandomSource,
): { readonly refreshToken: string; readonly record: RefreshTokenRecord } {
  const refreshToken = newRefreshToken(sessionId, random)
  return { refreshToken, record: { hash: referToRefreshToken(refreshToken).hash, expiresAt } }
}
