import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSystemRandom } from '../../../core/random.ts'
import { DEFAULT_KEY_SCHEDULE } from '../../../core/tokens/key-set.ts'
import { rotateKeys } from '../../../core/tokens/rotate-keys.ts'
import { createKeySealer } from '../../../core/tokens/seal-key.ts'
import { openStoresForTests, STORES, TEST_PUBLIC_URL } from '../../support/gateway.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import {
  bodyOf,
  decodeJwt,
  firstOf,
  MINUTE_MS,
  newEmail,
  openDoor,
  openWalletKit,
  refusalOf,
  type SessionFields,
  type WalletKitDoor,
  walletKitProject,
} from './door.ts'

describe.each(STORES)('WalletKit access tokens and keys on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: WalletKitDoor
  let other: WalletKitDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await openWalletKit(store, stores, { projects: [walletKitProject(), walletKitProject()] })
    ;({ close } = opened)
    door = firstOf(opened.doors)
    other = firstOf(opened.doors.slice(1))
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const keySetOf = async (of: WalletKitDoor) =>
    bodyOf(await of.send(`/users/jwks/${of.projectId}`, { method: 'GET' })) as unknown as JSONWebKeySet
  const verifyAgainst = async (of: WalletKitDoor, { access_token }: SessionFields) =>
    jwtVerify(access_token, createLocalJWKSet(await keySetOf(of)), {
      algorithms: ['ES256'],
      issuer: `${TEST_PUBLIC_URL}/${of.projectId}`,
      audience: of.projectId,
      currentDate: of.clock.now(),
    })

  it('WK-23: an access token is an ES256 JWT with the claims that Link reads', async () => {
    const email = newEmail()
    const session = await door.signInByEmail(email)
    const { header, claims } = decodeJwt(session.access_token)
    expect(session.access_token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(header).toEqual({ alg: 'ES256', typ: 'JWT', kid: expect.stringMatching(/^[\w-]{43}$/) })
    const iat = Math.floor(door.clock.now().getTime() / 1000)
    expect(claims).toEqual({
      iss: `${TEST_PUBLIC_URL}/${door.projectId}`,
      aud: door.projectId,
      sub: session.user_id,
      sid: session.id,
      project_id: door.projectId,
      email,
      has_passkey_credentials: false,
      iat,
      nbf: expect.any(Number),
      exp: iat + 43_200,
      jti: expect.any(String),
    })
    expect(Number(claims['nbf'])).toBeLessThanOrEqual(iat)
    expect(new Date(Number(claims['exp']) * 1000).toISOString()).toBe(session.access_token_expires_at)
  })

  it('WK-23: it tells no secret: not the refresh token, nor anything of it', async () => {
    const session = await door.signInByEmail()
    const payload = JSON.stringify(decodeJwt(session.access_token))
    expect(payload).not.toContain(session.refresh_token)
    expect(payload).not.toContain(session.refresh_token.slice(-20))
  })

  it('WK-23: siwe_wallet_address is the wallet that signed in, as its users write it', async () => {
    for (const signer of [ethereumSigner(), solanaSigner()]) {
      const { claims } = decodeJwt((await door.signInByWallet(signer)).access_token)
      expect(claims['siwe_wallet_address']).toBe(signer.address)
      expect('email' in claims).toBe(false)
    }
  })

  it.each([
    [900, 3_600],
    [86_400, 31_536_000],
  ])('WK-23: tokens live as long as is set: %i s and %i s', async (accessTtlSeconds, refreshTtlSeconds) => {
    const project = walletKitProject({ accessTtlSeconds, refreshTtlSeconds })
    const { door: own, close: closeOwn } = await openDoor(store, stores, project)
    const session = await own.signInAnonymously()
    const now = own.clock.now().getTime()
    const wholeSeconds = Math.floor(now / 1000) * 1000
    expect(new Date(session.access_token_expires_at).getTime()).toBe(wholeSeconds + accessTtlSeconds * 1000)
    expect(new Date(session.refresh_token_expires_at).getTime()).toBe(now + refreshTtlSeconds * 1000)
    await closeOwn()
  })

  it('WK-23: no access token outlives its session', async () => {
    const project = walletKitProject({ accessTtlSeconds: 86_400, refreshTtlSeconds: 3_600 })
    const { door: own, close: closeOwn } = await openDoor(store, stores, project)
    for (const session of [await own.signInAnonymously(), await own.refreshed(await own.signInByEmail())]) {
      const end = new Date(session.refresh_token_expires_at).getTime()
      expect(new Date(session.access_token_expires_at).getTime()).toBeLessThanOrEqual(end)
      expect(end - new Date(session.access_token_expires_at).getTime()).toBeLessThan(1_000)
    }
    await closeOwn()
  })

  it('WK-42: tokens verify with jose against the published keys, which hold nothing private', async () => {
    const session = await door.signInByEmail()
    const { payload } = await verifyAgainst(door, session)
    expect(payload.sub).toBe(session.user_id)
    const { keys } = await keySetOf(door)
    expect(keys.length).toBeGreaterThanOrEqual(1)
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual([
        'alg',
        'crv',
        'key_ops',
        'kid',
        'kty',
        'use',
        'x',
        'x5c',
        'x5t#S256',
        'y',
      ])
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
      expect('d' in key).toBe(false)
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length)
  })

  it('WK-42: a remote key set of jose fetches them by itself', async () => {
    const session = await door.signInByEmail()
    const remote = createRemoteJWKSet(new URL(`${TEST_PUBLIC_URL}/users/jwks/${door.projectId}`), {
      [customFetch]: async (url) => door.gateway.app.request(new URL(url).pathname),
    })
    const { payload } = await jwtVerify(session.access_token, remote, { currentDate: door.clock.now() })
    expect(payload['sid']).toBe(session.id)
  })

  it('WK-42: each project has keys of its own; an unknown project is 404', async () => {
    const [here, there] = [await keySetOf(door), await keySetOf(other)]
    const ids = [...here.keys, ...there.keys].map(({ kid }) => kid)
    expect(new Set(ids).size).toBe(ids.length)
    await expect(verifyAgainst(other, await door.signInAnonymously())).rejects.toThrow()
    for (const id of ['unknown', door.project.id, '__proto__', 'x'.repeat(300)]) {
      const answer = await door.send(`/users/jwks/${id}`, { method: 'GET' })
      expect([400, 404]).toContain(answer.status)
    }
    expect(refusalOf(await door.send('/users/jwks/unknown', { method: 'GET' }))).toBe('404 not_found')
    expect(refusalOf(await door.send(`/users/jwks/${door.projectId}`))).toBe('405 method_not_allowed')
  })

  it('WK-42: after a rotation old tokens are accepted, old keys published, and new tokens of another key', async () => {
    const opened = await openWalletKit(store, stores)
    const own = firstOf(opened.doors)
    const before = await own.signInByEmail()
    // The next key is made in the background.
    await vi.waitUntil(async () => (await keySetOf(own)).keys.length === 2)
    const published = await keySetOf(own)
    own.clock.advance(11 * MINUTE_MS)
    const sealer = createKeySealer(opened.secrets, createSystemRandom())
    const { outcome } = await rotateKeys(
      { keyStore: stores.keys, sealer, clock: own.clock, random: createSystemRandom() },
      { projectId: own.project.id, door: 'walletkit', schedule: DEFAULT_KEY_SCHEDULE, force: false },
    )
    expect(outcome).toBe('rotated')
    // A replica looks again after a while, in the background.
    own.clock.advance(MINUTE_MS)
    const keyOf = ({ access_token }: SessionFields) => decodeJwt(access_token).header['kid']
    let after = before
    await vi.waitUntil(async () => {
      after = await own.refreshed(after)
      return keyOf(after) !== keyOf(before)
    })
    const [oldKey, newKey] = [keyOf(before), keyOf(after)]
    const { keys } = await keySetOf(own)
    expect(keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining([oldKey, newKey]))
    // The new key was published before it was used.
    expect(published.keys.map(({ kid }) => kid)).toContain(newKey)
    for (const session of [before, after]) {
      expect(await own.statusOf(session)).toBe(200)
      await verifyAgainst(own, session)
    }
    await opened.close()
  })
})
