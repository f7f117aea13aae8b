import { createHash, X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint, createLocalJWKSet, createRemoteJWKSet, customFetch, importX509, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES, TEST_PUBLIC_URL } from '../../support/gateway.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import { decodeJwt, type MoonKeyDoor, openDoor, readSession, readTrio, refusalOf, START, unix } from './door.ts'

const CLAIM = 'https://streambird.io/jwt/session'
const DEFAULT = '/v1/auth/jwks/default'

describe.each(STORES)('MoonKey session JWTs and keys on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  /** jose with its defaults, over this path of the App. */
  const remoteKeySet = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    createRemoteJWKSet(new URL(`https://gate.example.test${path}`), {
      [customFetch]: async (url) => {
        const { pathname, search } = new URL(url)
        const { status, text } = await door.send(`${pathname}${search}`, { method: 'GET', headers })
        return new Response(text, { status, headers: { 'content-type': 'application/json' } })
      },
    })

  it('MOON-31: the header says RS256, kid and typ, and nothing else', async () => {
    const { session_jwt: jwt } = await door.openSession()
    const { header } = decodeJwt(jwt)
    const { keys } = await door.keySet()
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: expect.any(String) })
    expect(keys.map(({ kid }) => kid)).toContain(header['kid'])
  })

  it('MOON-31: the claims name issuer, user and session, under both names, without the token', async () => {
    const own = await openDoor(stores)
    const { session, session_token: token, session_jwt: jwt } = await own.openSession(ethereumSigner(), 60)
    const { session_token: _, ...facts } = session
    const iat = unix(START)
    const { claims } = decodeJwt(jwt)
    expect(claims).toEqual({
      iss: `${TEST_PUBLIC_URL}/${own.appId}`,
      sub: session.user_id,
      jti: session.id,
      iat,
      nbf: expect.any(Number),
      exp: iat + 300,
      session: facts,
      [CLAIM]: facts,
    })
    expect(Number(claims['nbf'])).toBeLessThan(iat)
    expect(Number(claims['nbf'])).toBeGreaterThanOrEqual(iat - 60)
    expect(JSON.stringify(claims)).not.toContain(token)
    expect(JSON.stringify(claims)).not.toContain('session_token')
  })

  it('MOON-31: exp is the session’s end if that is sooner than 300 s', async () => {
    const own = await openDoor(stores)
    const { session, session_token, session_jwt } = await own.openSession(ethereumSigner(), 5)
    expect(decodeJwt(session_jwt).claims).toMatchObject({ exp: session.expires_at })
    for (const passed of [1_000, 200_000, 98_000]) {
      own.clock.advance(passed)
      const { session_jwt: jwt } = readSession(await own.verifySession({ session_token }))
      expect(decodeJwt(jwt).claims).toMatchObject({ iat: unix(own.clock.now()), exp: session.expires_at })
    }
    const { session_jwt: longer } = readSession(await own.verifySession({ session_token, session_expires_in: 60 }))
    expect(decodeJwt(longer).claims).toMatchObject({ exp: unix(own.clock.now()) + 300 })
  })

  it('MOON-31: it carries the factors as they are now', async () => {
    const own = await openDoor(stores)
    const { session_token, session } = await own.openSession()
    own.clock.advance(1_000)
    const second = solanaSigner()
    const added = readTrio(await own.signIn(second, { session_token }, { user_id: session.user_id }))
    expect(decodeJwt(added.session_jwt).claims[CLAIM]).toMatchObject({
      factors: [{ delivery_channel: 'eth_wallet' }, { delivery_channel: 'sol_wallet' }],
    })
  })

  it.each<[string, () => Parameters<typeof remoteKeySet>]>([
    ['jwks/default with the key in the query', () => [`${DEFAULT}?api_key=${door.secretKey}`]],
    ['jwks/default with Bearer', () => [DEFAULT, { authorization: `Bearer ${door.secretKey}` }]],
    ['jwks/{app_id} with nothing', () => [`/v1/auth/jwks/${door.appId}`]],
    ['the misspelt path', () => [`/v1auth/jwks/default?api_key=${door.secretKey}`]],
  ])('MOON-32: it verifies with jose over %s', async (_, source) => {
    const { session_jwt: jwt, session } = await door.openSession()
    const { payload, protectedHeader } = await jwtVerify(jwt, remoteKeySet(...source()), {
      currentDate: door.clock.now(),
      issuer: `${TEST_PUBLIC_URL}/${door.appId}`,
      subject: session.user_id,
      clockTolerance: 0,
    })
    expect(payload[CLAIM]).toEqual(payload['session'])
    expect(protectedHeader.alg).toBe('RS256')
  })

  it('MOON-32: a verifier whose clock is 5 s behind accepts it, one past its end does not', async () => {
    const { session_jwt: jwt } = await door.openSession()
    const keySet = remoteKeySet(`${DEFAULT}?api_key=${door.secretKey}`)
    const at = (ms: number) => ({ currentDate: new Date(START.getTime() + ms), clockTolerance: 0 })
    await jwtVerify(jwt, keySet, at(-5_000))
    await jwtVerify(jwt, keySet, at(299_000))
    await expect(jwtVerify(jwt, keySet, at(300_000))).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' })
  })

  it('MOON-33: jwks/default and jwks/{app_id} answer exactly 200 with the same keys', async () => {
    const answers = [
      await door.send(`${DEFAULT}?api_key=${door.secretKey}`, { method: 'GET' }),
      await door.send(`${DEFAULT}?x=1&api_key=${encodeURIComponent(door.secretKey)}&y`, { method: 'GET' }),
      await door.send(DEFAULT, { method: 'GET', headers: { authorization: `Bearer ${door.secretKey}` } }),
      await door.send(`${DEFAULT}?api_key=wrong`, {
        method: 'GET',
        headers: { authorization: `Bearer ${door.secretKey}` },
      }),
      await door.send(`/v1/auth/jwks/${door.appId}`, { method: 'GET' }),
      await door.send(`/v1/auth/jwks/${door.appId}`, { method: 'GET', headers: { authorization: 'Bearer wrong' } }),
    ]
    for (const answer of answers) expect([answer.status, answer.body]).toEqual([200, answers[0]?.body])
  })

  it('MOON-33: without a secret key jwks/default is 401', async () => {
    const bad: readonly [string, Readonly<Record<string, string>>][] = [
      ['', {}],
      ['?api_key=', {}],
      ['?api_key=sk_test_unknown', {}],
      [`?api_key=${door.publicKey}`, {}],
      [`?api_key=Bearer%20${door.secretKey}`, {}],
      [`?API_KEY=${door.secretKey}`, {}],
      [`?api_key[]=${door.secretKey}`, {}],
      ['', { authorization: `Bearer ${door.publicKey}` }],
      ['', { authorization: `PublicToken ${door.publicKey}` }],
      // Whoever shows a key in the header is judged by it.
      [`?api_key=${door.secretKey}`, { authorization: 'Bearer wrong' }],
    ]
    for (const [query, headers] of bad) {
      expect(refusalOf(await door.send(`${DEFAULT}${query}`, { method: 'GET', headers }))).toBe('401 unauthorized')
    }
  })

  it.each(['app_unknown', 'x', '*', '__proto__', 'constructor', '%00', 'Default', 'app_24ydphdixx2ydhF0E5WUFUKWNqi'])(
    'MOON-33: the unknown App %s is 404, with any key',
    async (appId) => {
      for (const headers of [{}, { authorization: `Bearer ${door.secretKey}` }]) {
        expect(refusalOf(await door.send(`/v1/auth/jwks/${appId}`, { method: 'GET', headers }))).toBe('404 not_found')
      }
    },
  )

  it('MOON-34: keys have exactly the public members, and hang together', async () => {
    const { keys } = await door.keySet()
    expect(keys.length).toBeGreaterThanOrEqual(1)
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length)
    for (const key of keys) {
      expect(key).toEqual({
        kty: 'RSA',
        alg: 'RS256',
        use: 'sig',
        key_ops: ['verify'],
        e: 'AQAB',
        n: expect.stringMatching(/^[\w-]+$/),
        kid: await calculateJwkThumbprint(key, 'sha256'),
        x5c: [expect.stringMatching(/^[A-Za-z0-9+/]+=*$/)],
        'x5t#S256': createHash('sha256')
          .update(Buffer.from(key.x5c[0] ?? '', 'base64'))
          .digest('base64url'),
      })
      expect(Buffer.from(key.n, 'base64url').length * 8).toBeGreaterThanOrEqual(2_048)
      const certificate = new X509Certificate(Buffer.from(key.x5c[0] ?? '', 'base64'))
      expect(certificate.publicKey.export({ format: 'jwk' })).toMatchObject({ n: key.n, e: key.e })
      expect(certificate.verify(certificate.publicKey)).toBe(true)
    }
  })

  it('MOON-34: the certificate verifies a JWT as well as the key does', async () => {
    const { session_jwt: jwt } = await door.openSession()
    const { keys } = await door.keySet()
    const key = keys.find(({ kid }) => kid === decodeJwt(jwt).header['kid'])
    const pem = `-----BEGIN CERTIFICATE-----\n${key?.x5c[0]}\n-----END CERTIFICATE-----`
    const at = { currentDate: door.clock.now() }
    await jwtVerify(jwt, await importX509(pem, 'RS256'), at)
    await jwtVerify(jwt, createLocalJWKSet({ keys: keys.map((each) => ({ ...each })) }), at)
  })
})
