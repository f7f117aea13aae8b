import { createHash, createSecretKey, type KeyObject } from 'node:crypto'

/** The algorithms we issue (RFC 7518 §3.1). One key has one algorithm. */
export type SigningAlgorithm = 'HS256' | 'RS256' | 'ES256'

/** A key that signs tokens, with its JOSE header ready to use. */
export interface SigningKey {
  readonly algorithm: SigningAlgorithm
  /** Null where the verifier expects no `kid`. */
  readonly keyId: string | null
  /** The secret key, or the private key. */
  readonly key: KeyObject
  /** base64url of the JOSE header. */
  readonly encodedHeader: string
}

/** A key that verifies tokens: the same secret key, or the public half. */
export interface VerificationKey {
  readonly algorithm: SigningAlgorithm
  readonly keyId: string | null
  readonly key: KeyObject
}

/** A signing key for this algorithm. Refuses a key of another type, an RSA key under 2048 bits and a curve other than P-256. */
export function createSigningKey(algorithm: SigningAlgorithm, key: KeyObject, keyId: string | null): SigningKey {
  requireSuitable(algorithm, key)
  // `typ` before `alg`, and no `kid` unless there is one: 4mica's core reads exactly this header (its digest §3.4.2).
  const header = keyId === null ? { typ: 'JWT', alg: algorithm } : { typ: 'JWT', alg: algorithm, kid: keyId }
  return { algorithm, keyId, key, encodedHeader: Buffer.from(JSON.stringify(header)).toString('base64url') }
}

/** An HS256 key from the UTF-8 bytes of a shared secret. */
export function createSharedSecretKey(secret: string): SigningKey {
  return createSigningKey('HS256', createSecretKey(Buffer.from(secret, 'utf8')), null)
}

/** RFC 7638 §3: the SHA-256 thumbprint of a public key, base64url. */
export function thumbprint(publicKey: KeyObject): string {
  const jwk = publicKey.export({ format: 'jwk' })
  const required =
    jwk.kty === 'RSA' ? { e: jwk.e, kty: jwk.kty, n: jwk.n } : { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url')
}

function requireSuitable(algorithm: SigningAlgorithm, key: KeyObject): void {
  const details = key.asymmetricKeyDetails
  const suitable =
    (algorithm === 'HS256' && key.type === 'secret') ||
    (algorithm === 'RS256' && key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048) ||
    (algorithm === 'ES256' && key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1')
  if (!suitable) throw new TypeError(`this key cannot be used for ${algorithm}`)
}
