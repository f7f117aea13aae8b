import type { Door } from '../sessions/session.ts'
import type { KeyRing } from './key-ring.ts'
import { MAX_JWT_LENGTH, verifyJwt } from './verify-jwt.ts'

export interface AccessTokenProof {
  readonly projectId: string
  readonly door: Door
  readonly token: string
}

/**
 * The claims of a token that this project signed for this dialect, or null. Judges the signature only, as `verifyJwt` does.
 * A token under a key we do not know yet makes the ring look for it, once.
 * @throws {AuthError} `store_unavailable` when the keys cannot be had: not knowing is no refusal
 */
export async function verifyAccessToken(
  { keys }: { readonly keys: KeyRing },
  { projectId, door, token }: AccessTokenProof,
): Promise<Readonly<Record<string, unknown>> | null> {
  const known = await keys.verificationKeys(projectId, door)
  const claims = verifyJwt(token, known)
  if (claims !== null) return claims
  const keyId = namedKey(token)
  if (keyId === null || known.some((key) => key.keyId === keyId)) return null
  const renewed = await keys.verificationKeys(projectId, door, keyId)
  return renewed === known ? null : verifyJwt(token, renewed)
}

/** The `kid` in a token's header, or null. Nothing is believed: it only says where to look. */
export function namedKey(token: string): string | null {
  if (token.length > MAX_JWT_LENGTH) return null
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8'))
    const keyId = typeof header === 'object' && header !== null && 'kid' in header ? header.kid : null
    return typeof keyId === 'string' ? keyId : null
  } catch {
    return null
  }
}
