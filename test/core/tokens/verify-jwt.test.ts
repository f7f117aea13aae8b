import { createHmac, createPublicKey, createSecretKey, generateKeyPairSync, sign } from 'node:crypto'
import { CompactSign, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { signJwt } from '../../../core/tokens/sign-jwt.ts'
import { createSharedSecretKey, createSigningKey, type VerificationKey } from '../../../core/tokens/signing-key.ts'
import { verifyAccessToken } from '../../../core/tokens/verify-access-token.ts'
import { MAX_JWT_LENGTH, verifyJwt } from '../../../core/tokens/verify-jwt.ts'
import { issueToken, MOONKEY, OTHER_PROJECT, openReplica, WALLETKIT } from './fixtures.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const shared = createSharedSecretKey('0123456789abcdef0123456789abcdef')
const rsaKey: VerificationKey = { algorithm: 'RS256', keyId: 'rsa', key: rsa.publicKey }
const ecKey: VerificationKey = { algorithm: 'ES256', keyId: 'ec', key: ec.publicKey }
const kinds = {
  RS256: { signing: createSigningKey('RS256', rsa.privateKey, 'rsa'), key: rsaKey },
  ES256: { signing: createSigningKey('ES256', ec.privateKey, 'ec'), key: ecKey },
  HS256: { signing: shared, key: shared as VerificationKey },
}
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const claims = { sub: 'user_1', exp: 4102444800 }

/** A token of any header, well signed with the RSA key. */
function signedUnder(header: unknown, payload: unknown = claims): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')}`
}

describe.each(Object.entries(kinds))('a token signed %s', (algorithm, { signing, key }) => {
  const token = signJwt(signing, claims)
  const [header = '', payload = '', signature = ''] = token.split('.')

  it('is good as it is, and its claims are what was signed', () => {
    expect(verifyJwt(token, [key])).toEqual(claims)
  })

  it('is what jose makes of the same claims, and jose’s is good here', async () => {
    const made = await new SignJWT(claims)
      .setProtectedHeader({ typ: 'JWT', alg: algorithm, ...(key.keyId === null ? {} : { kid: key.keyId }) })
      .sign(signing.key)
    expect(verifyJwt(made, [key])).toEqual(claims)
    expect(made.split('.').slice(0, 2)).toEqual([header, payload])
    if (algorithm !== 'ES256') expect(made).toBe(token) // ECDSA signatures differ each time.
  })

  const bytes = Buffer.from(signature, 'base64url')
  const flipped = Buffer.from(bytes)
  flipped[0] = (flipped[0] ?? 0) ^ 1
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const lastValue = alphabet.indexOf(signature.at(-1) ?? '')
  it.each<[string, string]>([
    ['other claims', `${header}.${encode({ ...claims, sub: 'user_2' })}.${signature}`],
    ['a flipped bit', `${header}.${payload}.${flipped.toString('base64url')}`],
    ['a signature cut by a byte', `${header}.${payload}.${bytes.subarray(0, -1).toString('base64url')}`],
    [
      'a signature with a byte more',
      `${header}.${payload}.${Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url')}`,
    ],
    [
      'a signature with a zero in front',
      `${header}.${payload}.${Buffer.concat([Buffer.alloc(1), bytes]).toString('base64url')}`,
    ],
    ['a signature of zeros', `${header}.${payload}.${Buffer.alloc(bytes.length).toString('base64url')}`],
    ['no signature', `${header}.${payload}.`],
    ['no third part', `${header}.${payload}`],
    ['padding', `${token}=`],
    ['standard base64', `${header}.${payload}.${bytes.toString('base64')}`],
    ['stray bits in its last character', `${token.slice(0, -1)}${alphabet[lastValue ^ 1]}`],
    ['a line break', `${token}\n`],
    ['a space', ` ${token}`],
    ['a fourth part', `${token}.${signature}`],
    ['two dots in a row', `${header}..${payload}.${signature}`],
    ['two dots in the second place', `${header}.${payload}..${signature}`],
    ['a dot in front', `.${token}`],
    ['a dot at the end', `${token}.`],
    ['header and claims exchanged', `${payload}.${header}.${signature}`],
    ['alg none and no signature', `${encode({ alg: 'none' })}.${payload}.`],
    ['alg none and the old signature', `${encode({ alg: 'none' })}.${payload}.${signature}`],
    ['nothing', ''],
    ['dots alone', '..'],
    ['a megabyte', `${header}.${'A'.repeat(1 << 20)}.${signature}`],
    ['a megabyte of dots', '.'.repeat(1 << 20)],
  ])('is refused with %s', (_, altered) => {
    expect(verifyJwt(altered, [key])).toBeNull()
  })

  it('is refused under no key, and under every other', () => {
    expect(verifyJwt(token, [])).toBeNull()
    for (const other of Object.values(kinds)) if (other.key !== key) expect(verifyJwt(token, [other.key])).toBeNull()
  })
})

describe('what a header may say', () => {
  it.each<[string, unknown, boolean]>([
    ['nothing but alg', { alg: 'RS256' }, true],
    ['the kid of the key', { alg: 'RS256', kid: 'rsa' }, true],
    ['another kid', { alg: 'RS256', kid: 'ec' }, false],
    ['an empty kid', { alg: 'RS256', kid: '' }, false],
    ['a kid that is null', { alg: 'RS256', kid: null }, false],
    ['a kid that is a list', { alg: 'RS256', kid: ['rsa'] }, false],
    ['none', { alg: 'none', kid: 'rsa' }, false],
    ['NONE', { alg: 'NONE', kid: 'rsa' }, false],
    ['no alg', { kid: 'rsa' }, false],
    ['an algorithm in other letters', { alg: 'rs256', kid: 'rsa' }, false],
    ['a longer digest', { alg: 'RS512', kid: 'rsa' }, false],
    ['another padding', { alg: 'PS256', kid: 'rsa' }, false],
    ['a list of algorithms', { alg: ['RS256'], kid: 'rsa' }, false],
    ['an extension it must understand', { alg: 'RS256', kid: 'rsa', crit: ['exp'] }, false],
    ['an empty crit', { alg: 'RS256', kid: 'rsa', crit: [] }, false],
    ['b64: false, as RFC 7797 wants it', { alg: 'RS256', kid: 'rsa', b64: false, crit: ['b64'] }, false],
    ['a key of its own', { alg: 'RS256', kid: 'mine', jwk: rsa.publicKey.export({ format: 'jwk' }) }, false],
    ['where to find a key', { alg: 'RS256', kid: 'mine', jku: 'https://evil.example/jwks' }, false],
    ['a list', [{ alg: 'RS256' }], false],
    ['null', null, false],
    ['text', 'RS256', false],
    ['its prototype', '{"__proto__":{"alg":"RS256"}}', false],
  ])('%s', (_, header, good) => {
    expect(verifyJwt(signedUnder(header), [rsaKey]) !== null).toBe(good)
  })

  it('never the algorithm: an HMAC under the public key, in any of its forms, is no signature', () => {
    const jwk = JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))
    const forms = [
      rsa.publicKey.export({ type: 'spki', format: 'pem' }),
      rsa.publicKey.export({ type: 'spki', format: 'der' }),
      rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }),
      rsa.publicKey.export({ type: 'pkcs1', format: 'der' }),
      jwk,
    ]
    for (const form of forms) {
      for (const kid of [undefined, 'rsa']) {
        const input = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${encode(claims)}`
        const forged = `${input}.${createHmac('sha256', form).update(input).digest('base64url')}`
        expect(verifyJwt(forged, [rsaKey, ecKey])).toBeNull()
        // The forgery is a real one: whoever took the key for a secret would accept it.
        const asSecret = { algorithm: 'HS256', keyId: kid ?? null, key: createSecretKey(Buffer.from(form)) } as const
        expect(verifyJwt(forged, [asSecret])).toEqual(claims)
      }
    }
  })
})

it('refuses ES256 signatures in DER, and ones whose r and s are zero', () => {
  const input = `${encode({ alg: 'ES256', kid: 'ec' })}.${encode(claims)}`
  const der = sign('sha256', Buffer.from(input), ec.privateKey).toString('base64url')
  expect(verifyJwt(`${input}.${der}`, [ecKey])).toBeNull()
  expect(verifyJwt(`${input}.${Buffer.alloc(64).toString('base64url')}`, [ecKey])).toBeNull()
  expect(verifyJwt(`${input}.${Buffer.alloc(64, 0xff).toString('base64url')}`, [ecKey])).toBeNull()
})

it('refuses claims that are no object, though well signed', async () => {
  for (const payload of ['[]', 'null', '"text"', '1', '{', '']) {
    const made = await new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey)
    expect(verifyJwt(made, [rsaKey])).toBeNull()
  }
})

it('reads tokens of 8192 characters, and no longer ones', () => {
  const ofLength = (length: number) => {
    const base = signedUnder({ alg: 'RS256' }, { pad: '' }).length
    for (let pad = Math.floor(((length - base) * 3) / 4) - 4; ; pad += 1) {
      const token = signedUnder({ alg: 'RS256' }, { pad: 'x'.repeat(pad) })
      if (token.length >= length) return token
    }
  }
  const longest = ofLength(MAX_JWT_LENGTH - 1)
  expect(longest.length).toBeLessThanOrEqual(MAX_JWT_LENGTH)
  expect(verifyJwt(longest, [rsaKey])).not.toBeNull()
  const tooLong = ofLength(MAX_JWT_LENGTH + 1)
  expect(tooLong.length).toBeLessThan(MAX_JWT_LENGTH + 4)
  expect(verifyJwt(tooLong, [rsaKey])).toBeNull()
})

// RFC 7515 appendices A.1 and A.3; the examples share their claims.
const A_CLAIMS = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
const A_DECODED = { iss: 'joe', exp: 1300819380, 'http://example.com/is_root': true }

it('RFC 7515 §A.1: the HS256 example', () => {
  const k = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'
  const key: VerificationKey = { algorithm: 'HS256', keyId: null, key: createSecretKey(k, 'base64url') }
  const token = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${A_CLAIMS}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`
  expect(verifyJwt(token, [key])).toEqual(A_DECODED)
})

it('RFC 7515 §A.3: the ES256 example', () => {
  const x = 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU'
  const y = 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'
  const jwk = { kty: 'EC', crv: 'P-256', x, y }
  const key: VerificationKey = { algorithm: 'ES256', keyId: null, key: createPublicKey({ key: jwk, format: 'jwk' }) }
  const signature = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'
  expect(verifyJwt(`eyJhbGciOiJFUzI1NiJ9.${A_CLAIMS}.${signature}`, [key])).toEqual(A_DECODED)
})

describe('verifyAccessToken', () => {
  it('accepts a token in its own project and dialect, and nowhere else', async () => {
    const replica = openReplica({})
    const proofs = await Promise.all(
      [MOONKEY, WALLETKIT, OTHER_PROJECT].map(async (owner) => ({ owner, token: await issueToken(replica, owner) })),
    )
    for (const { owner, token } of proofs) {
      for (const { owner: other } of proofs) {
        const claimed = await verifyAccessToken({ keys: replica.ring }, { ...other, token })
        expect(claimed !== null).toBe(owner === other)
      }
    }
    await replica.ring.idle()
  })

  it('refuses a token that gives its foreign key the kid of one of ours', async () => {
    const replica = openReplica({ owners: [MOONKEY] })
    const { keyId } = await replica.ring.signingKey('demo', 'moonkey')
    const token = signJwt(createSigningKey('RS256', rsa.privateKey, keyId), claims)
    expect(await verifyAccessToken({ keys: replica.ring }, { ...MOONKEY, token })).toBeNull()
    await replica.ring.idle()
  })

  it.each(['', '.', 'a.b.c', `${encode('null')}.a.b`, `${encode({ kid: 7 })}.a.b`, 'A'.repeat(1 << 20), '🙂.🙂.🙂'])(
    'refuses what is no token',
    async (token) => {
      const replica = openReplica({ owners: [WALLETKIT] })
      expect(await verifyAccessToken({ keys: replica.ring }, { ...WALLETKIT, token })).toBeNull()
      await replica.ring.idle()
    },
  )
})
