import { decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signJwt } from '../../../core/tokens/sign-jwt.ts'
import { createSharedSecretKey } from '../../../core/tokens/signing-key.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { type FourMicaDoor, openDoor, readTokens, SECRET, START, type Tokens } from './door.ts'

const VECTOR =
  'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIweDE5ZTdlMzc2ZTdjMjEzYjdlN2U3ZTQ2Y2M3MGE1ZGQwODZkYWZmMmEiLCJyb2xlIjoidXNlciIsInNjb3BlcyI6WyJ0YWI6cmVhZCJdLCJpc3MiOiI0bWljYS1jb3JlIiwiYXVkIjoiNG1pY2EiLCJpYXQiOjE3ODIxMjI0MDAsImV4cCI6MTc4MjEyMzMwMCwibmJmIjoxNzgyMTIyNDAwLCJqdGkiOiIzZjJiOGMxZS05YTRkLTRhN2UtOGYxMC0yYjZjNWQ0ZTNmMjEiLCJjaGFpbl9pZCI6ODQ1MzJ9.oWu4EJEAZMc4ZNy4M5DN6BOBxiZRjN8r3k-8HtW-zzE'
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const keyOf = (secret: string) => new TextEncoder().encode(secret)

/** What a 4mica core does with a token (4mica digest §3.4), with jose in its place. */
function verifyAsCore({ access_token }: Tokens, currentDate: Date, secret = SECRET) {
  return jwtVerify(access_token, keyOf(secret), {
    algorithms: ['HS256'],
    issuer: '4mica-core',
    audience: '4mica',
    currentDate,
    requiredClaims: ['sub', 'role', 'scopes', 'iss', 'aud', 'iat', 'exp', 'nbf', 'jti', 'chain_id'],
  })
}

describe('4mica access token', () => {
  it('4MICA-16: signs the published vector byte for byte', () => {
    const token = signJwt(createSharedSecretKey('0123456789abcdef0123456789abcdef'), {
      sub: '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a',
      role: 'user',
      scopes: ['tab:read'],
      iss: '4mica-core',
      aud: '4mica',
      iat: 1782122400,
      exp: 1782123300,
      nbf: 1782122400,
      jti: '3f2b8c1e-9a4d-4a7e-8f10-2b6c5d4e3f21',
      chain_id: 84532,
    })
    expect(token).toBe(VECTOR)
  })
})

describe.each(STORES)('4mica access token on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  it('4MICA-16: has the header typ and alg, in this order, and nothing else', async () => {
    const { access_token } = await door.signIn()
    expect(decodeProtectedHeader(access_token)).toEqual({ typ: 'JWT', alg: 'HS256' })
    expect(access_token.split('.')[0]).toBe(VECTOR.split('.')[0])
    expect(access_token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{43}$/)
  })

  it('4MICA-16: has exactly the ten claims, each of its type, at sign-in and at refresh', async () => {
    const wallet = newEthereumWallet()
    const signedIn = await door.signIn(wallet)
    const refreshed = readTokens(await door.refresh(signedIn.refresh_token))
    for (const tokens of [signedIn, refreshed]) {
      const { payload } = await verifyAsCore(tokens, START)
      expect(payload).toEqual({
        sub: wallet.address.toLowerCase(),
        role: 'user',
        scopes: ['tab:read'],
        iss: '4mica-core',
        aud: '4mica',
        iat: START.getTime() / 1000,
        exp: START.getTime() / 1000 + 900,
        nbf: START.getTime() / 1000,
        jti: expect.stringMatching(UUID_V4),
        chain_id: 84532,
      })
    }
  })

  it('4MICA-16: times are whole seconds, whatever the clock says', async () => {
    const own = await openDoor(stores)
    own.clock.advance(999)
    const { payload } = await verifyAsCore(await own.signIn(), own.clock.now())
    expect([payload.iat, payload.nbf, payload.exp]).toEqual([1782122400, 1782122400, 1782123300])
  })

  it('4MICA-16: every token has a jti of its own', async () => {
    const wallet = newEthereumWallet()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => door.signIn(wallet)))
    const ids = await Promise.all(tokens.map(async (each) => (await verifyAsCore(each, START)).payload.jti))
    expect(new Set(ids).size).toBe(20)
  })

  it('4MICA-16: issuer, audience, chain and life are what the project configures', async () => {
    const own = await openDoor(stores, {
      jwtIssuer: 'https://issuer.example',
      jwtAudience: 'aud',
      chainId: 11155111,
      accessTtlSeconds: 120,
      jwtSecret: 'ünïcode secret, taken as UTF-8 bytes',
    })
    const { access_token } = await own.signIn()
    const { payload } = await jwtVerify(access_token, keyOf('ünïcode secret, taken as UTF-8 bytes'), {
      issuer: 'https://issuer.example',
      audience: 'aud',
      currentDate: START,
    })
    expect([payload['chain_id'], Number(payload.exp) - Number(payload.iat)]).toEqual([11155111, 120])
  })

  it('4MICA-16: is refused by a core with another secret, and after its life', async () => {
    const tokens = await door.signIn()
    await expect(verifyAsCore(tokens, START, 'fedcba9876543210fedcba9876543210')).rejects.toThrow(/signature/)
    await verifyAsCore(tokens, new Date(START.getTime() + 899_000))
    await expect(verifyAsCore(tokens, new Date(START.getTime() + 900_000))).rejects.toThrow(/exp/)
  })
})
