import { createPublicKey, X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint, importX509 } from 'jose'
import { describe, expect, it } from 'vitest'
import { generateKey } from '../../../core/tokens/generate-key.ts'
import { formatPublicJwk } from '../../../core/tokens/public-jwk.ts'
import { thumbprint } from '../../../core/tokens/signing-key.ts'
import { TestClock } from '../../support/clock.ts'
import { random } from './fixtures.ts'

const MEMBERS = {
  moonkey: ['alg', 'e', 'key_ops', 'kid', 'kty', 'n', 'use', 'x5c', 'x5t#S256'],
  walletkit: ['alg', 'crv', 'key_ops', 'kid', 'kty', 'use', 'x', 'x5c', 'x5t#S256', 'y'],
}

describe.each(['moonkey', 'walletkit'] as const)('a published key of %s', async (door) => {
  const clock = new TestClock()
  const key = await generateKey({ clock, random }, door)
  const facts = { ...key, state: 'current' as const, createdAt: clock.now(), retiredAt: null }
  const jwk = formatPublicJwk(key.publicKey, facts)

  it('has these members and no other, even when it is handed the private key', () => {
    expect(Object.keys(jwk).sort()).toEqual(MEMBERS[door])
    expect(formatPublicJwk(key.privateKey, facts)).toEqual(jwk)
    expect(jwk).toMatchObject({ use: 'sig', key_ops: ['verify'], alg: door === 'moonkey' ? 'RS256' : 'ES256' })
  })

  it('is the key, named by its RFC 7638 thumbprint', async () => {
    expect(createPublicKey({ key: { ...jwk }, format: 'jwk' }).equals(key.publicKey)).toBe(true)
    expect(jwk.kid).toBe(await calculateJwkThumbprint({ ...jwk, key_ops: ['verify'], x5c: [...jwk.x5c] }))
  })

  it('comes with a certificate of the same key, and with its fingerprint', async () => {
    const certificate = new X509Certificate(Buffer.from(jwk.x5c[0], 'base64'))
    expect(certificate.raw.toString('base64')).toBe(jwk.x5c[0])
    expect(certificate.publicKey.equals(key.publicKey)).toBe(true)
    expect(certificate.verify(key.publicKey)).toBe(true)
    const fingerprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex')
    expect(jwk['x5t#S256']).toBe(fingerprint.toString('base64url'))
    await expect(importX509(certificate.toString(), jwk.alg)).resolves.toMatchObject({ type: 'public' })
  })
})

it('RFC 7638 §3.1: the thumbprint of the example key', () => {
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
  const publicKey = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' })
  expect(thumbprint(publicKey)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
})
