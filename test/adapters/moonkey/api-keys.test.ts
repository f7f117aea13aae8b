import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../../core/api-keys/create-api-key.ts'
import { digestApiKey, newApiKeyText } from '../../../core/api-keys/key-text.ts'
import { revokeApiKey } from '../../../core/api-keys/revoke-api-key.ts'
import { newAlphanumeric } from '../../../core/ids.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { ProjectSettings } from '../../../src/config/settings.ts'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, openTestGateway, openTestStores, STORES } from '../../support/gateway.ts'
import { interceptStores } from '../../support/intercept-stores.ts'
import { ORIGIN } from '../../support/origin.ts'
import { startRedisServer } from '../../support/redis-server.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import { MoonKeyDoor, moonKeyProject, readSession, readWallet, refusalOf, START } from './door.ts'
import { asRequest, ENDPOINTS } from './endpoints.ts'

const random = createSystemRandom()
const OWN_ORIGIN = 'https://own.example.test'
const OTHER_ORIGIN = 'https://other.example.test'

describe.each(STORES)('MoonKey API keys made by command, on %s', (store) => {
  const clock = new TestClock(START)
  let reads = 0
  const stores = interceptStores(openStoresForTests(store), (act, _, run) => {
    if (act === 'apiKeys.read') reads += 1
    return run()
  })
  const own = moonKeyProject({ secretKeys: [], publicKeys: [] }, { allowedOrigins: [OWN_ORIGIN, ORIGIN] })
  const other = moonKeyProject({ secretKeys: [] }, { allowedOrigins: [OTHER_ORIGIN] })
  const configured = moonKeyProject()
  let gateway: Awaited<ReturnType<typeof openTestGateway>>
  beforeAll(async () => {
    gateway = await openTestGateway({ projects: [own, other, configured], stores, clock })
  })
  afterAll(() => stores.close())

  const make = async ({ id: projectId }: ProjectSettings, kind: 'secret' | 'public' = 'secret') => {
    clock.advance(51)
    return createApiKey({ ...stores, clock, random }, { projectId, kind, name: null })
  }
  const revoke = (id: string) => revokeApiKey({ ...stores, clock }, id)
  /** An App's door with keys of its own. */
  const openMadeDoor = async (project: ProjectSettings) => {
    const [secret, page] = [await make(project), await make(project, 'public')]
    const door = new MoonKeyDoor(gateway, project, { secretKey: secret.text, publicKey: page.text })
    return { door, secret: secret.key, page: page.key }
  }

  it.each(Object.entries(ENDPOINTS).filter(([, { key }]) => key !== 'none'))(
    'MOON-46: %s takes a made key, then none that was revoked',
    async (_, endpoint) => {
      const { door, secret, page } = await openMadeDoor(own)
      const [good, next] = [await endpoint.good(door), await endpoint.good(door)]
      expect((await door.send(good.path, asRequest(door, endpoint, good))).status).toBe(200)
      await revoke(endpoint.key === 'secret' ? secret.id : page.id)
      clock.advance(2_001)
      const answer = await door.send(next.path, asRequest(door, endpoint, next))
      expect(refusalOf(answer)).toBe('401 unauthorized')
      expect(answer.headers.get('www-authenticate')).toBeTruthy()
      expect(door.lastRefusal).toBe('project_unknown: api_key_unknown')
    },
  )

  it('MOON-46: signs in with both chains, and verifies what it opened', async () => {
    const { door } = await openMadeDoor(own)
    for (const signer of [ethereumSigner(), solanaSigner()]) {
      const { session_token } = await door.openSession(signer)
      readSession(await door.verifySession({ session_token }))
      expect((await door.me(session_token)).status).toBe(200)
    }
  })

  it('MOON-46: several keys of one App work side by side, and each ends alone', async () => {
    const [first, second] = [await openMadeDoor(own), await openMadeDoor(own)]
    const signer = ethereumSigner()
    const { user_id: userId } = await first.door.signIn(signer)
    expect((await second.door.signIn(signer)).user_id).toBe(userId)
    await revoke(first.secret.id)
    clock.advance(2_001)
    expect(refusalOf(await first.door.begin(signer))).toBe('401 unauthorized')
    readWallet(await second.door.verify(await second.door.prove(signer)))
  })

  it('MOON-46: a key opens its own App and no other', async () => {
    const [mine, theirs] = [await openMadeDoor(own), await openMadeDoor(other)]
    const { user_id: userId } = await mine.door.signIn(ethereumSigner())
    expect(refusalOf(await theirs.door.get(`/v1/auth/users/${userId}`))).toBe('404 user_not_found')
    expect((await theirs.door.begin(ethereumSigner())).body).toMatchObject({ app_id: theirs.door.appId })
    const ofNobody = await make(moonKeyProject())
    const stranger = new MoonKeyDoor(gateway, own, { secretKey: ofNobody.text })
    expect(refusalOf(await stranger.begin(ethereumSigner()))).toBe('401 unauthorized')
  })

  it('MOON-46: a secret key is no public key, and neither works where the other belongs', async () => {
    const { door } = await openMadeDoor(own)
    const { session_token } = await door.openSession()
    const swapped = new MoonKeyDoor(gateway, own, { secretKey: door.publicKey, publicKey: door.secretKey })
    expect(refusalOf(await swapped.me(session_token))).toBe('401 unauthorized')
    expect(refusalOf(await swapped.begin(ethereumSigner()))).toBe('401 unauthorized')
  })

  it('MOON-46: the key set may be asked for with a made key in the query', async () => {
    const { door, secret } = await openMadeDoor(own)
    const path = `/v1/auth/jwks/default?api_key=${door.secretKey}`
    expect((await door.send(path, { method: 'GET' })).body).toEqual(await door.keySet())
    await revoke(secret.id)
    clock.advance(2_001)
    expect(refusalOf(await door.send(path, { method: 'GET' }))).toBe('401 unauthorized')
  })

  it('MOON-46: once a made key is known, only its own App’s pages may read', async () => {
    const { door } = await openMadeDoor(own)
    const { session_token } = await door.openSession()
    const allowed = async (origin: string) =>
      (await door.me(session_token, { origin })).headers.get('access-control-allow-origin')
    expect([await allowed(OWN_ORIGIN), await allowed(OTHER_ORIGIN)]).toEqual([OWN_ORIGIN, null])
  })

  it('MOON-46: a replica that knew a key refuses it two seconds after another revoked it, and not a moment late', async () => {
    const replica = await openTestGateway({ projects: [own], stores, clock })
    const { secret, door } = await openMadeDoor(own)
    const there = new MoonKeyDoor(replica, own, { secretKey: door.secretKey })
    expect((await there.begin(ethereumSigner())).status).toBe(200)
    await revoke(secret.id)
    clock.advance(2_001)
    expect(refusalOf(await there.begin(ethereumSigner()))).toBe('401 unauthorized')
    expect(refusalOf(await door.begin(ethereumSigner()))).toBe('401 unauthorized')
  })

  it('MOON-46: what is no key of ours is 401 without a look at the store', async () => {
    const { door } = await openMadeDoor(own)
    const before = reads
    const key = door.secretKey
    const mistyped = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
    const digest = digestApiKey(key)
    for (const text of ['sk_live_', mistyped, key.slice(1), `${key} ${key}`, digest, `sha256:${digest}`, 'é', '%00']) {
      const headers = { authorization: `Bearer ${encodeURIComponent(text)}` }
      const answer = await door.send('/v1/auth/jwks/default', { method: 'GET', headers })
      expect(`${text}: ${refusalOf(answer)}`).toBe(`${text}: 401 unauthorized`)
    }
    expect(reads).toBe(before)
  })

  it('MOON-46: a flood of well-formed strangers’ keys costs one look in 50 ms', async () => {
    const { door } = await openMadeDoor(own)
    const before = reads
    const tries = Array.from({ length: 300 }, () =>
      door.send('/v1/auth/jwks/default', {
        method: 'GET',
        headers: { authorization: `Bearer ${newApiKeyText('secret', random)}` },
      }),
    )
    for (const answer of await Promise.all(tries)) expect(refusalOf(answer)).toBe('401 unauthorized')
    expect(reads - before).toBeLessThanOrEqual(2)
  })

  it('MOON-47: keys of the configuration are never asked of the store, hashed ones neither', async () => {
    const keys = [`sk_live_${newAlphanumeric(48, random)}`, `sk_live_${newAlphanumeric(48, random)}`]
    const [plain = '', hashed = ''] = keys
    const project = moonKeyProject({ secretKeys: [plain, `sha256:${digestApiKey(hashed)}`] })
    const here = await openTestGateway({ projects: [project], stores, clock })
    const before = reads
    for (const secretKey of keys) await new MoonKeyDoor(here, project, { secretKey }).openSession()
    expect(reads).toBe(before)
    // Whoever has read the configuration has no key.
    for (const secretKey of [`sha256:${digestApiKey(hashed)}`, digestApiKey(hashed)]) {
      const thief = new MoonKeyDoor(here, project, { secretKey })
      expect(refusalOf(await thief.begin(ethereumSigner()))).toBe('401 unauthorized')
    }
  })
})

describe('MoonKey API keys when the store fails', () => {
  it('MOON-47: for two seconds a known key counts, then it is 503; so is an unknown one at once; never 401', async () => {
    const redis = await startRedisServer()
    const stores = openTestStores('redis', redis.url)
    const clock = new TestClock(START)
    const project = moonKeyProject()
    try {
      const gateway = await openTestGateway({ projects: [project], stores, clock })
      const { key, text } = await createApiKey(
        { ...stores, clock, random },
        { projectId: project.id, kind: 'secret', name: null },
      )
      const door = new MoonKeyDoor(gateway, project, { secretKey: text })
      // Needs the key, and nothing of the store besides.
      const keySet = (secretKey: string) =>
        new MoonKeyDoor(gateway, project, { secretKey }).get('/v1/auth/jwks/default')
      expect((await keySet(text)).status).toBe(200)
      const { session_token } = await door.openSession()
      expect(session_token).toBeTruthy()
      await redis.stop()

      clock.advance(1_000)
      expect((await keySet(text)).status).toBe(200)
      for (const unknown of [newApiKeyText('secret', random), newApiKeyText('secret', random)]) {
        const answer = await keySet(unknown)
        expect(refusalOf(answer)).toBe('503 service_unavailable')
        expect(answer.headers.get('retry-after')).toBe('1')
      }
      expect(refusalOf(await keySet('sk_live_nonsense'))).toBe('401 unauthorized')
      clock.advance(1_001)
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(refusalOf(await keySet(text))).toBe('503 service_unavailable')
        expect((await keySet(project.moonkey?.secretKeys[0] ?? '')).status).toBe(200)
        clock.advance(100)
      }

      const again = await startRedisServer({ port: redis.port })
      try {
        // It came back without its data: then nobody has that key, and only then is it 401.
        await expect
          .poll(
            () =>
              stores.ping().then(
                () => 'up',
                () => 'down',
              ),
            { timeout: 10_000 },
          )
          .toBe('up')
        clock.advance(100)
        expect(refusalOf(await keySet(text))).toBe('401 unauthorized')
        await stores.apiKeys.create(key)
        clock.advance(100)
        expect((await keySet(text)).status).toBe(200)
      } finally {
        await again.stop()
      }
    } finally {
      await stores.close()
      await redis.stop()
    }
  })
})

describe('where a MoonKey API key may be seen', () => {
  it('MOON-09: neither in a log line nor in Redis, whatever became of it; the dump of a server holds its hash alone', async () => {
    const redis = await startRedisServer({ args: ['--rdbcompression', 'no'] })
    const stores = openTestStores('redis', redis.url)
    const clock = new TestClock(START)
    const project = moonKeyProject()
    try {
      const gateway = await openTestGateway({ projects: [project], stores, clock })
      const made = []
      for (const kind of ['secret', 'public', 'secret'] as const) {
        made.push(
          await createApiKey({ ...stores, clock, random }, { projectId: project.id, kind, name: 'billing server' }),
        )
      }
      const [secret, page, revoked] = made
      const keys = { secretKey: secret?.text ?? '', publicKey: page?.text ?? '' }
      const door = new MoonKeyDoor(gateway, project, keys)
      const { session_token } = await door.openSession()
      expect((await door.me(session_token)).status).toBe(200)
      await door.send(`/v1/auth/jwks/default?api_key=${keys.secretKey}`, { method: 'GET' })
      await revokeApiKey({ ...stores, clock }, revoked?.key.id ?? '')
      clock.advance(2_001)
      await new MoonKeyDoor(gateway, project, { secretKey: revoked?.text ?? '' }).begin(ethereumSigner())
      await door.send(`/v1/auth/jwks/default?api_key=${revoked?.text}`, { method: 'GET' })

      const dump = await dumpOf(redis.url)
      const logs = JSON.stringify(gateway.logs)
      expect(gateway.logs.length).toBeGreaterThan(5)
      for (const { key, text } of made) {
        const random43 = text.slice(8, 51)
        for (const part of [text, random43, random43.slice(0, 12), random43.slice(-12)]) {
          expect(dump.includes(part)).toBe(false)
          expect(logs).not.toContain(part)
        }
        expect(dump.includes(key.digest)).toBe(true)
        expect(logs).not.toContain(key.digest)
      }
      for (const part of [keys.secretKey, keys.publicKey]) {
        expect(dump.includes(Buffer.from(part).toString('base64').slice(2, 30))).toBe(false)
        expect(dump.includes(Buffer.from(part).toString('hex').slice(0, 30))).toBe(false)
      }
    } finally {
      await stores.close()
      await redis.stop()
    }
  })
})

/** The whole of what this Redis holds, as it would lie on a disk. */
async function dumpOf(url: string): Promise<Buffer> {
  const redis = new Redis(url)
  try {
    await redis.save()
    const [, directory = ''] = (await redis.config('GET', 'dir')) as string[]
    return readFileSync(join(directory, 'dump.rdb'))
  } finally {
    redis.disconnect()
  }
}
