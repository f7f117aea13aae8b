import type { ForeignSession } from '../../core/index.ts'

/** Where the vendor's JWTs say their session (MoonKey digest §4). */
const SESSION_CLAIMS = ['https://streambird.io/jwt/session', 'session'] as const
const MAX_ID_LENGTH = 128
const MAX_FACTORS = 16

/**
 * Whose session a JWT of the vendor's shows. Null where it names no user, no session or two, two users, or a time that is none. Other tokens
 * have a `jti` too: a session is what a claim of a session says.
 */
export function readVendorClaims(claims: Readonly<Record<string, unknown>>): ForeignSession | null {
  const sessions = SESSION_CLAIMS.map((name) => readObject(claims[name])).filter((session) => session !== null)
  const users = new Set([...sessions.map(({ user_id: id }) => id), claims['sub']].filter((id) => id !== undefined))
  const [userId] = users
  const ids = new Set(sessions.map(({ id }) => id))
  const [sessionId] = ids
  if (users.size !== 1 || ids.size !== 1 || !isId(userId) || !isId(sessionId)) return null
  const ends = sessions.map(({ expires_at: end }) => end).filter((end) => end !== undefined)
  if (!ends.every(isTime)) return null
  const expiresAt = ends.length === 0 ? null : new Date(Math.min(...ends) * 1000)
  return { userId, sessionId, expiresAt, credentialIds: sessions.flatMap(({ factors }) => readMethodIds(factors)) }
}

function readMethodIds(factors: unknown): readonly string[] {
  if (!Array.isArray(factors)) return []
  const ids = factors
    .slice(0, MAX_FACTORS)
    .map((factor: unknown) => readObject(readObject(factor)?.['method'])?.['method_id'])
  return ids.filter(isId)
}

function readObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH
}

/** Whole seconds from 1970 to the end of the year 9999. */
function isTime(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 253_402_300_800
}
