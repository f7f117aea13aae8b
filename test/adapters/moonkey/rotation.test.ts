import { createRemoteJWKSet, customFetch, type JWK, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSystemRandom } from '../../../core/random.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { DEFAULT_KEY_SCHEDULE } from '../../../core/tokens/key-set.ts'
import { retireKey } from '../../../core/tokens/retire-key.ts'
import { rotateKeys } from '../../../core/tokens/rotate-keys.ts'
import { createKeySealer, type KeySealer } from '../../../core/tokens/seal-key.ts'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, openTestGateway, STORES, type TestGateway } from '../../support/gateway.ts'
import { decodeJwt, MoonKeyDoor, moonKeyProject, readSession, refusalOf, START } from './door.ts'

const random = createSystemRandom()
const { publicationSeconds, retentionSeconds } = DEFAULT_KEY_SCHEDULE
const STEP_MS = 17_000
const JWT_LIFE_MS = 300_000

/** A published key as the vendor's SDK picks it: by type and name, then by every hint that is present. Exactly one may match. */
function matchesOf(published: readonly JWK[], jwt: string): readonly JWK[] {
  const { kid, alg } = decodeJwt(jwt).header
  return published.filter(
    (key) =>
      key.kty === 'RSA' &&
      key.kid === kid &&
      key.alg === alg &&
      key.use === 'sig' &&
      key.key_ops?.includes('verify') === true,
  )
}

describe.each(STORES)('MoonKey key rotation on %s', (store) => {
  const clock = new TestClock(START)
  let stores: Stores
  let gateways: TestGateway[]
  let doors: readonly [MoonKeyDoor, MoonKeyDoor]
  let sealer: KeySealer
  // jose keeps its own time for its cache and its cool-down.
  beforeEach(async () => {
    clock.set(START)
    vi.useFakeTimers({ toFake: ['Date'], now: START })
    stores = openStoresForTests(store)
    const project = moonKeyProject()
    const secrets = [random.bytes(32)]
    const open = () => openTestGateway({ projects: [project], stores, clock, secrets })
    const [one, two] = [await open(), await open()]
    gateways = [one, two]
    doors = [new MoonKeyDoor(one, project), new MoonKeyDoor(two, project)]
    sealer = createKeySealer(secrets, random)
  })
  afterEach(async () => {
    vi.useRealTimers()
    for (const gateway of gateways) await gateway.close()
  })

  const advance = (milliseconds: number) => {
    clock.advance(milliseconds)
    vi.setSystemTime(clock.now())
  }
  const rotate = (force = false) =>
    rotateKeys(
      { keyStore: stores.keys, sealer, clock, random },
      { projectId: doors[0].project.id, door: 'moonkey', schedule: DEFAULT_KEY_SCHEDULE, force },
    )
  /** The SDK's verifier: jose with its defaults, over one gateway's published keys, the key in the query. */
  function openVerifier(door: MoonKeyDoor) {
    let published: JWK[] = []
    const keys = createRemoteJWKSet(new URL(`https://x.example.test/v1/auth/jwks/default?api_key=${door.secretKey}`), {
      [customFetch]: async (url, { headers }) => {
        expect(new Headers(headers).get('authorization')).toBeNull()
        const { pathname, search } = new URL(url)
        const { status, text } = await door.send(`${pathname}${search}`, { method: 'GET' })
        published = (JSON.parse(text) as { keys: JWK[] }).keys
        return new Response(text, { status, headers: { 'content-type': 'application/json' } })
      },
    })
    return async (jwt: string) => {
      const { payload } = await jwtVerify(jwt, keys, { clockTolerance: 0, algorithms: ['RS256'] })
      expect(matchesOf(published, jwt)).toHaveLength(1)
      return payload
    }
  }

  it('MOON-35: before, during and after three rotations, under load at two gateways, no valid JWT is ever rejected', async () => {
    const verifiers = doors.map(openVerifier)
    const trio = await doors[0].openSession(undefined, 525_600)
    const alive: { jwt: string; endsAt: number }[] = []
    const signers = new Set<unknown>()
    let [rotations, judged] = [0, 0]
    const work = async (index: number) => {
      const door = doors[index % 2] ?? doors[0]
      const shown = index % 3 === 0 ? { session_jwt: trio.session_jwt } : { session_token: trio.session_token }
      const { session_jwt: jwt } = readSession(await door.verifySession(shown))
      alive.push({ jwt, endsAt: clock.now().getTime() + JWT_LIFE_MS })
      signers.add(decodeJwt(jwt).header['kid'])
      for (const verify of verifiers) expect((await verify(jwt)).jti).toBe(trio.session.id)
      for (const other of doors) readSession(await other.verifySession({ session_jwt: jwt }))
      judged += 1
    }
    const endAt = START.getTime() + 3 * publicationSeconds * 1_000 + JWT_LIFE_MS
    while (rotations < 3 || clock.now().getTime() < endAt) {
      const requests = Array.from({ length: 6 }, (_, index) => work(index))
      const [{ outcome }] = await Promise.all([rotate(), ...requests])
      if (outcome === 'rotated') rotations += 1
      while ((alive[0]?.endsAt ?? Number.POSITIVE_INFINITY) <= clock.now().getTime()) alive.shift()
      // The oldest that are still good, once more everywhere.
      for (const { jwt } of alive.slice(0, 2)) {
        for (const verify of verifiers) expect((await verify(jwt)).jti).toBe(trio.session.id)
      }
      advance(STEP_MS)
    }
    expect(signers.size).toBe(4)
    expect(judged).toBeGreaterThan(500)
  })

  it('MOON-35: an old JWT is exchanged and its key published as long as it is kept, then both are gone', async () => {
    const [one, two] = doors
    const { session_jwt: old, session_token } = await one.openSession(undefined, 525_600)
    // The next key is made in the background; its age counts from then.
    await expect.poll(keyStates).toContain('next')
    advance(publicationSeconds * 1_000)
    const { keys: before } = await one.keySet()
    expect((await rotate()).outcome).toBe('rotated')
    advance(20_000)
    for (const door of doors) {
      const { session_jwt: fresh } = readSession(await door.verifySession({ session_jwt: old }))
      expect(decodeJwt(fresh).header['kid']).not.toBe(decodeJwt(old).header['kid'])
      const { keys } = await door.keySet()
      expect(keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining(before.map(({ kid }) => kid)))
    }
    advance(retentionSeconds * 1_000 - 21_000)
    readSession(await two.verifySession({ session_jwt: old }))
    expect((await two.keySet()).keys.map(({ kid }) => kid)).toContain(decodeJwt(old).header['kid'])
    advance(60_000)
    expect(refusalOf(await two.verifySession({ session_jwt: old }))).toBe('404 session_not_found')
    expect((await two.keySet()).keys.map(({ kid }) => kid)).not.toContain(decodeJwt(old).header['kid'])
    readSession(await two.verifySession({ session_token }))
  })

  it('MOON-35: a rotation at one gateway reaches the other: its new JWT is accepted there at once', async () => {
    const [one, two] = doors
    const { session_token, session } = await one.openSession()
    readSession(await two.verifySession({ session_token }))
    expect((await rotate(true)).outcome).toMatch(/^(?:rotated|created)$/)
    expect((await rotate(true)).outcome).toBe('rotated')
    advance(12_000)
    // The first request at `one` reads the keys in the background, the next signs with them.
    await one.keySet()
    await vi.waitFor(async () => {
      const { session_jwt: jwt } = readSession(await one.verifySession({ session_token }))
      expect(decodeJwt(jwt).header['kid']).toBe(await currentKeyId())
      expect(readSession(await two.verifySession({ session_jwt: jwt })).session.id).toBe(session.id)
    }, 10_000)
  })

  it('MOON-35: a key that is retired by command is gone from both gateways 30 seconds later, and its JWTs are 404', async () => {
    const [one, two] = doors
    const { session_jwt: leaked, session_token } = await one.openSession(undefined, 525_600)
    const { kid } = decodeJwt(leaked).header
    expect((await rotate(true)).outcome).toMatch(/^(?:rotated|created)$/)
    advance(31_000)
    for (const door of doors) {
      readSession(await door.verifySession({ session_jwt: leaked }))
      expect((await door.keySet()).keys.map((key) => key.kid)).toContain(kid)
    }
    const keyId = String(kid)
    const ports = { keyStore: stores.keys, sealer, clock, random }
    expect(await retireKey(ports, { projectId: one.project.id, door: 'moonkey', keyId })).toMatchObject({
      outcome: 'retired',
    })
    advance(30_000)
    for (const door of doors) {
      expect(refusalOf(await door.verifySession({ session_jwt: leaked }))).toBe('404 session_not_found')
      expect((await door.keySet()).keys.map((key) => key.kid)).not.toContain(kid)
    }
    // The session itself goes on under the key that signs now.
    const { session_jwt: fresh } = readSession(await two.verifySession({ session_token }))
    expect((await two.keySet()).keys.map((key) => key.kid)).toContain(decodeJwt(fresh).header['kid'])
  })

  async function keyStates(): Promise<readonly string[]> {
    const stored = await stores.keys.find(doors[0].project.id, 'moonkey')
    return stored?.keys.map(({ state }) => state) ?? []
  }
  async function currentKeyId(): Promise<string | undefined> {
    const stored = await stores.keys.find(doors[0].project.id, 'moonkey')
    return stored?.keys.find(({ state }) => state === 'current')?.keyId
  }
})
