import { createHmac, sign } from 'node:crypto'
import type { SigningKey } from './signing-key.ts'

/** A JWT over these claims in the order given, as JWS compact serialisation (RFC 7515 §7.1). */
export function signJwt(signingKey: SigningKey, claims: Readonly<Record<string, unknown>>): string {
  const input = `${signingKey.encodedHeader}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${input}.${signatureOver(input, signingKey)}`
}

function signatureOver(input: string, { algorithm, key }: SigningKey): string {
  switch (algorithm) {
    case 'HS256':
      return createHmac('sha256', key).update(input).digest('base64url')
    case 'RS256':
      return sign('sha256', Buffer.from(input), key).toString('base64url')
    case 'ES256':
      // RFC 7518 §3.4: r and s side by side, not DER.
      return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  }
}
