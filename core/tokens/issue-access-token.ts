import { newUuid } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Door } from '../sessions/session.ts'
import type { KeyRing, Soon } from './key-ring.ts'
import { signJwt } from './sign-jwt.ts'
import type { SigningKey } from './signing-key.ts'

export interface AccessTokenRequest {
  readonly projectId: string
  readonly door: Door
  readonly ttlSeconds: number
  /** Everything but `iat`, `exp`, `nbf` and `jti`. */
  readonly claims: Readonly<Record<string, unknown>>
  /** `jti`; a fresh UUID where none is given. */
  readonly tokenId?: string
  /** The token does not outlive this, whatever its ttl. */
  readonly endsAt?: Date
  /** How long before `iat` the token is valid already, seconds, for verifiers whose clock is slow; 0 where not given. */
  readonly backdateSeconds?: number
}

export interface AccessToken {
  readonly token: string
  /** Exactly `exp − iat`. */
  readonly expiresInSeconds: number
  /** Exactly `exp`. */
  readonly expiresAt: Date
}

/**
 * A signed access token (RFC 7519) that begins now, under the project's key for this dialect. At once when the key is at
 * hand. @throws {AuthError} `store_unavailable` when it cannot be had
 */
export function issueAccessToken(
  { keys, clock, random }: { keys: KeyRing; clock: Clock; random: RandomSource },
  { projectId, door, ttlSeconds, claims, tokenId, endsAt, backdateSeconds = 0 }: AccessTokenRequest,
): Soon<AccessToken> {
  const issue = (key: SigningKey): AccessToken => {
    const iat = Math.floor(clock.now().getTime() / 1000)
    const latest = endsAt === undefined ? Number.POSITIVE_INFINITY : Math.floor(endsAt.getTime() / 1000)
    const exp = Math.min(iat + ttlSeconds, latest)
    const token = signJwt(key, { ...claims, iat, exp, nbf: iat - backdateSeconds, jti: tokenId ?? newUuid(random) })
    return { token, expiresInSeconds: exp - iat, expiresAt: new Date(exp * 1000) }
  }
  const key = keys.signingKey(projectId, door)
  return key instanceof Promise ? key.then(issue) : issue(key)
}
