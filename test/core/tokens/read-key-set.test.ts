import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readKeySet } from '../../../core/tokens/read-key-set.ts'

const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' })
const rsa = (modulusLength: number) => jwkOf(generateKeyPairSync('rsa', { modulusLength }).publicKey)
const ec = (namedCurve: string) => jwkOf(generateKeyPairSync('ec', { namedCurve }).publicKey)
const RSA = rsa(2048)
const P256 = ec('P-256')
const algorithmsOf = (...keys: unknown[]) => readKeySet({ keys })?.map(({ algorithm }) => algorithm)

describe('a key set', () => {
  it('gives each key the one algorithm it is for, and its id', () => {
    const set = { keys: [{ ...RSA, kid: 'r', alg: 'RS256', use: 'sig', key_ops: ['verify'], x5c: ['x'] }, P256] }
    expect(readKeySet(set)).toMatchObject([
      { algorithm: 'RS256', keyId: 'r' },
      { algorithm: 'ES256', keyId: null },
    ])
  })

  it.each<[string, object]>([
    ['a secret', { kty: 'oct', k: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0' }],
    ['a secret that says RS256', { kty: 'oct', k: 'c2VjcmV0', alg: 'RS256' }],
    ['a short RSA key', rsa(1024)],
    ['an RSA key for HS256', { ...RSA, alg: 'HS256' }],
    ['an RSA key for another algorithm', { ...RSA, alg: 'PS256' }],
    ['a key for encryption', { ...RSA, use: 'enc' }],
    ['a key that only signs', { ...P256, key_ops: ['sign'] }],
    ['another curve', ec('P-384')],
    ['an Ed25519 key', jwkOf(generateKeyPairSync('ed25519').publicKey)],
    ['a point off the curve', { ...P256, y: P256.x }],
    ['an RSA key without modulus', { kty: 'RSA', e: 'AQAB' }],
    ['parameters that are no text', { ...RSA, n: { toString: 'x' } }],
    ['no key at all', []],
  ])('passes over %s', (_, key) => {
    expect(algorithmsOf(key, P256)).toEqual(['ES256'])
  })

  it('takes the public half alone of a private key', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    expect(readKeySet({ keys: [jwkOf(key)] })?.[0]?.key.type).toBe('public')
  })

  it('is bounded, and is an object with a list', () => {
    expect(readKeySet({ keys: Array.from({ length: 1_000 }, () => P256) })).toHaveLength(32)
    for (const json of [null, 7, 'x', [], {}, { keys: {} }, { keys: null }]) expect(readKeySet(json)).toBeNull()
  })
})
