import { createHash } from 'node:crypto'
import type { RandomSource } from '../ports.ts'

/** What a session's id starts with; a KSUID follows. */
export const SESSION_ID_PREFIX = 'sess_'

const KSUID_LENGTH = 27
const SECRET_BYTES = 32
const OURS = /^rfr_([0-9A-Za-z]{27}|imported_[\w-]{43})[\w-]{43}$/

/** Where a refresh token is looked up, and by what: the token itself is never stored. */
export interface RefreshTokenReference {
  readonly sessionId: string
  /** base64url SHA-256 of the whole token. */
  readonly hash: string
}

/**
 * A new refresh token of this session: `rfr_`, the session's id, and 256 random bits. Carrying the id makes every lookup
 * one key; the id is no secret, the bits are.
 */
export function newRefreshToken(sessionId: string, random: RandomSource): string {
  const locator = sessionId.startsWith(SESSION_ID_PREFIX) ? sessionId.slice(SESSION_ID_PREFIX.length) : sessionId
  return `rfr_${locator}${Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')}`
}

/**
 * Where any presented text would be stored. Tokens of another issuer (imported ones) name no session, so their session's
 * id is derived from the token's hash.
 */
export function referToRefreshToken(token: string): RefreshTokenReference {
  const hash = createHash('sha256').update(token).digest('base64url')
  const locator = OURS.exec(token)?.[1]
  if (locator === undefined) return { sessionId: importedSessionId(hash), hash }
  return { sessionId: locator.length === KSUID_LENGTH ? `${SESSION_ID_PREFIX}${locator}` : locator, hash }
}

/** The session id of an imported refresh token, from the base64url SHA-256 of the whole token. */
export function importedSessionId(refreshTokenHash: string): string {
  return `imported_${refreshTokenHash}`
}
