import { AuthError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { SessionStore } from '../stores/stores.ts'
import type { KeyRing } from '../tokens/key-ring.ts'
import { type AccessTokenProof, verifyAccessToken } from '../tokens/verify-access-token.ts'
import type { Session } from './session.ts'

/**
 * The live session that an access token speaks for: signed by this project for this dialect, not expired, and its session (`sid`)
 * neither ended nor another user's (`sub`).
 *
 * @throws {AuthError} `session_unusable`, `store_unavailable`
 */
export async function authenticate(
  { keys, sessions, clock }: { readonly keys: KeyRing; readonly sessions: SessionStore; readonly clock: Clock },
  proof: AccessTokenProof,
): Promise<Session> {
  const claims = await verifyAccessToken({ keys }, proof)
  if (claims === null) throw new AuthError('session_unusable', 'token_not_ours')
  const now = clock.now()
  const { exp, sid, sub } = claims
  // RFC 7519 §4.1.4: on or after `exp` it is not accepted.
  if (typeof exp !== 'number' || exp * 1000 <= now.getTime()) throw new AuthError('session_unusable', 'token_expired')
  const session = typeof sid === 'string' ? await sessions.find(proof.projectId, sid, now) : null
  if (session === null || session.door !== proof.door || session.userId !== sub) {
    throw new AuthError('session_unusable', 'session_not_live')
  }
  return session
}
