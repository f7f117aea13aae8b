import { AuthError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { Door } from '../sessions/session.ts'
import type { VerificationKey } from './signing-key.ts'
import { type AccessTokenProof, namedKey } from './verify-access-token.ts'
import { MAX_JWT_LENGTH, verifyJwt } from './verify-jwt.ts'

/** Another issuer, whose tokens a project takes for a while. */
export interface ForeignIssuer {
  /** `iss`, exactly. */
  readonly issuer: string
  /** What `aud` must name; null: it is not looked at. */
  readonly audience: string | null
  /** From then on none is taken. */
  readonly until: Date
  /** How long after its `exp` a token is still taken, seconds. */
  readonly graceSeconds: number
  /** @param keyId what a token says it was signed with @throws {AuthError} `issuer_unavailable` when that cannot be found out */
  keys(keyId: string | null): Promise<readonly VerificationKey[]>
}

/** Those of all projects. */
export interface ForeignIssuers {
  find(projectId: string, door: Door): ForeignIssuer | null
}

/** A token that was judged good. */
export interface ForeignToken {
  readonly issuer: string
  readonly claims: Readonly<Record<string, unknown>>
  /** From then on it is not taken any more. */
  readonly takenUntil: Date
  /** From then on no token of this issuer is, whatever it says of itself. */
  readonly windowEndsAt: Date
}

/** Clocks differ; ours may be this much behind, milliseconds. */
const SKEW_MS = 30_000
/** The last moment a `Date` can be (ECMA-262 §21.4.1.1), milliseconds. */
const MAX_TIME_MS = 8.64e15

/**
 * A token that says it is of the issuer this project takes tokens of; null for every other token, and where there is no
 * such issuer. Its signature, issuer, audience and times have been judged.
 *
 * @throws {AuthError} `session_unusable` for one that is not good, `issuer_unavailable` when its keys cannot be had
 */
export async function readForeignToken(
  { issuers, clock }: { readonly issuers: ForeignIssuers; readonly clock: Clock },
  { projectId, door, token }: AccessTokenProof,
): Promise<ForeignToken | null> {
  const issuer = issuers.find(projectId, door)
  if (issuer === null || claimedIssuer(token) !== issuer.issuer) return null
  const now = clock.now().getTime()
  if (now >= issuer.until.getTime()) throw refused('foreign_window_over')
  const claims = verifyJwt(token, await issuer.keys(namedKey(token)))
  if (claims === null || claims['iss'] !== issuer.issuer) throw refused('foreign_token_invalid')
  const { aud, exp, nbf, iat } = claims
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (issuer.audience !== null && !audiences.includes(issuer.audience)) throw refused('foreign_audience')
  const takenUntil = typeof exp === 'number' ? (exp + issuer.graceSeconds) * 1000 : Number.NaN
  // Not the other way round: what is no time at all is never before now.
  if (!(takenUntil > now && takenUntil <= MAX_TIME_MS)) throw refused('foreign_token_expired')
  for (const begin of [nbf, iat]) {
    if (begin !== undefined && (typeof begin !== 'number' || begin * 1000 > now + SKEW_MS)) {
      throw refused('foreign_token_not_yet')
    }
  }
  return { issuer: issuer.issuer, claims, takenUntil: new Date(takenUntil), windowEndsAt: issuer.until }
}

function refused(reason: string): AuthError {
  return new AuthError('session_unusable', reason)
}

/** What a token says of its issuer. Nothing is believed: it only says whose keys to try. */
function claimedIssuer(token: string): unknown {
  if (token.length > MAX_JWT_LENGTH) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null && 'iss' in claims ? claims.iss : undefined
  } catch {
    return undefined
  }
}
