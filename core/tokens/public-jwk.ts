import { createHash, type KeyObject } from 'node:crypto'
import type { KeyFacts } from '../stores/key-store.ts'

/** One public key as it is published (RFC 7517 §4). */
export type PublicJwk = PublicJwkFacts &
  (
    | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
    | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  )

interface PublicJwkFacts {
  readonly kid: string
  readonly alg: 'RS256' | 'ES256'
  readonly use: 'sig'
  readonly key_ops: readonly ['verify']
  /** RFC 7517 §4.7: standard base64, not base64url. */
  readonly x5c: readonly [string]
  readonly 'x5t#S256': string
}

/** The published form of a public key. Members are named one by one, so that none of a private key can slip in. */
export function formatPublicJwk(publicKey: KeyObject, { keyId, algorithm, certificate }: KeyFacts): PublicJwk {
  const digest = createHash('sha256').update(Buffer.from(certificate, 'base64')).digest('base64url')
  const facts: PublicJwkFacts = {
    kid: keyId,
    alg: algorithm,
    use: 'sig',
    key_ops: ['verify'],
    x5c: [certificate],
    'x5t#S256': digest,
  }
  const { n, e, x, y } = publicKey.export({ format: 'jwk' })
  if (n !== undefined && e !== undefined) return { kty: 'RSA', ...facts, n, e }
  if (x !== undefined && y !== undefined) return { kty: 'EC', ...facts, crv: 'P-256', x, y }
  throw new TypeError(`key ${keyId} is neither RSA nor EC`)
}
