import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signJwt } from '../../../core/tokens/sign-jwt.ts'
import { createSharedSecretKey, createSigningKey, type VerificationKey } from '../../../core/tokens/signing-key.ts'
import { verifyJwt } from '../../../core/tokens/verify-jwt.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const shared = createSharedSecretKey('0123456789abcdef0123456789abcdef')
const keys: readonly VerificationKey[] = [
  { algorithm: 'ES256', keyId: 'ec', key: ec.publicKey },
  shared as VerificationKey,
]
const claims = { sub: 'user_1', exp: 4102444800 }
const tokens = [signJwt(createSigningKey('ES256', ec.privateKey, 'ec'), claims), signJwt(shared, claims)]
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toString('base64url')

describe('whatever is shown as a token', () => {
  it('gives claims when it is one', () => {
    for (const token of tokens) expect(verifyJwt(token, keys)).toEqual(claims)
  })

  it('gives nothing with anything else in any place of it', () => {
    const edited = fc
      .tuple(fc.constantFrom(...tokens), fc.nat(), fc.string({ unit: 'binary', maxLength: 4 }), fc.nat(4))
      .map(([token, place, added, removed]) => {
        const at = place % (token.length + 1)
        return token.slice(0, at) + added + token.slice(at + removed)
      })
    const text = fc.oneof(edited, fc.string({ unit: 'binary', maxLength: 300 }), fc.base64String({ maxLength: 300 }))
    fc.assert(
      fc.property(text, (shown) => {
        expect(verifyJwt(shown, keys) === null).toBe(!tokens.includes(shown))
      }),
      fuzzBudget(800),
    )
  })

  it('gives nothing with any header and claims that we did not sign', () => {
    const json = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 40 }))
    const member = fc.constantFrom(
      'alg',
      'kid',
      'crit',
      'b64',
      'jwk',
      'jku',
      'x5c',
      'typ',
      'cty',
      'zip',
      'enc',
      '__proto__',
    )
    const header = fc.oneof(
      json,
      fc.dictionary(member, fc.oneof(json, fc.constantFrom('ES256', 'HS256', 'none', 'ec')), { maxKeys: 4 }),
    )
    const signatures = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      fc.constantFrom(...tokens.map((token) => token.split('.')[2] ?? '')),
    )
    fc.assert(
      fc.property(header, json, signatures, (head, payload, signature) => {
        expect(verifyJwt(`${encode(head)}.${encode(payload)}.${signature}`, keys)).toBeNull()
      }),
      fuzzBudget(800),
    )
  })

  it('gives an object or nothing for any claims that are well signed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 40 })), (payload) => {
        const input = `${encode({ alg: 'ES256', kid: 'ec' })}.${encode(payload)}`
        const signature = sign('sha256', Buffer.from(input), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
        const read = verifyJwt(`${input}.${signature.toString('base64url')}`, keys)
        expect(read === null || (typeof read === 'object' && !Array.isArray(read))).toBe(true)
      }),
      fuzzBudget(500),
    )
  })
})
