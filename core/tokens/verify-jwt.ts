import { createHmac, timingSafeEqual, verify } from 'node:crypto'
import type { SigningAlgorithm, VerificationKey } from './signing-key.ts'

/** Tokens longer than this are refused before anything is decoded. A token that shows a session has about 700 a factor. */
export const MAX_JWT_LENGTH = 16_384

const PART = /^[\w-]+$/

/**
 * The claims of a token that one of these keys signed, or null. Judges the signature only: the caller judges `exp`, `iss`,
 * `aud` and what else it expects. The key decides the algorithm, never the token (RFC 8725 §3.1); a token that names a
 * `kid` is tried against that key alone.
 */
export function verifyJwt(token: string, keys: readonly VerificationKey[]): Readonly<Record<string, unknown>> | null {
  if (token.length > MAX_JWT_LENGTH) return null
  const [encodedHeader = '', encodedClaims = '', encodedSignature = '', ...rest] = token.split('.')
  if (rest.length > 0 || ![encodedHeader, encodedClaims, encodedSignature].every((part) => PART.test(part))) return null

  const header = parseObject(encodedHeader)
  if (header === null || header['crit'] !== undefined) return null // RFC 7515 §4.1.11: we understand no extension.
  const signature = Buffer.from(encodedSignature, 'base64url')
  if (signature.toString('base64url') !== encodedSignature) return null // One spelling for one signature.

  const input = Buffer.from(`${encodedHeader}.${encodedClaims}`)
  const signed = keys.some(
    (key) =>
      key.algorithm === header['alg'] &&
      (header['kid'] === undefined || header['kid'] === key.keyId) &&
      isSignedBy(input, signature, key),
  )
  return signed ? parseObject(encodedClaims) : null
}

function isSignedBy(input: Buffer, signature: Buffer, { algorithm, key }: VerificationKey): boolean {
  const check: Record<SigningAlgorithm, () => boolean> = {
    HS256: () => {
      const expected = createHmac('sha256', key).update(input).digest()
      return expected.length === signature.length && timingSafeEqual(expected, signature)
    },
    RS256: () => verify('sha256', input, key, signature),
    ES256: () => signature.length === 64 && verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature),
  }
  return check[algorithm]()
}

function parseObject(encoded: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
