import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { VerificationKey } from './signing-key.ts'

/** More than anybody rotates through. */
const MAX_KEYS = 32
/** Below it a key can be broken, above it a check takes too long. */
const RSA_BITS = { least: 2048, most: 8192 } as const

/**
 * The public keys of somebody else's key set (RFC 7517 §5) that we verify with: RSA for RS256 and P-256 for ES256. The key decides the
 * algorithm, never a token. Keys for something else, secrets, and what cannot be read are passed over; nothing but a key's own
 * parameters is looked at, so a set can send nobody elsewhere. Null for what is no key set.
 */
export function readKeySet(json: unknown): readonly VerificationKey[] | null {
  const keys: unknown = isObject(json) ? json['keys'] : undefined
  if (!Array.isArray(keys)) return null
  return keys.slice(0, MAX_KEYS).flatMap((key: unknown) => (isObject(key) ? (readKey(key) ?? []) : []))
}

function readKey(jwk: Readonly<Record<string, unknown>>): VerificationKey | null {
  const { kty, alg, use, key_ops: operations, kid, n, e, crv, x, y } = jwk
  const isForSignatures =
    (use === undefined || use === 'sig') && (!Array.isArray(operations) || operations.includes('verify'))
  const keyId = typeof kid === 'string' ? kid : null
  if (!isForSignatures) return null
  if (kty === 'RSA' && (alg === undefined || alg === 'RS256')) {
    const key = importKey({ kty, n, e } as JsonWebKey)
    const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0
    return key !== null && bits >= RSA_BITS.least && bits <= RSA_BITS.most ? { algorithm: 'RS256', keyId, key } : null
  }
  if (kty === 'EC' && crv === 'P-256' && (alg === undefined || alg === 'ES256')) {
    const key = importKey({ kty, crv, x, y } as JsonWebKey)
    return key === null ? null : { algorithm: 'ES256', keyId, key }
  }
  return null
}

function importKey(key: JsonWebKey) {
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
