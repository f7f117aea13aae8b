import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createApiKey } from '../../../core/api-keys/create-api-key.ts'
import { revokeApiKey } from '../../../core/api-keys/revoke-api-key.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { LIMITS } from '../../../src/limits/cost-classes.ts'
import { openTestStores } from '../../support/gateway.ts'
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { countStatuses, LimitedServer, newAddress, sharedEnv } from './servers.ts'

const CREATES = LIMITS.create.address?.points ?? 0
const GUESSES = LIMITS.guess.account?.points ?? 0

describe('two replicas on one Redis', () => {
  let replicas: readonly [LimitedServer, LimitedServer]
  let project: Record<string, string>
  beforeAll(async () => {
    const env = sharedEnv(inject('redisUrl'))
    project = { 'x-walletkit-project-id': env['PROJECT_ID'] ?? '' }
    replicas = [await LimitedServer.start(env), await LimitedServer.start(env)]
  })
  afterAll(() => Promise.all(replicas.map((replica) => replica.stop())))

  it.each([
    ['half of it each', 2],
    ['one of them seldom', 10],
  ])('grant an address within 5 %% of what it may create, %s', async (_, period) => {
    const from = `203.0.113.${period}`
    const { 200: granted = 0, 429: refused = 0 } = await countStatuses(CREATES + 400, (index) =>
      replicas[index % period === 1 ? 1 : 0].nonce(from),
    )
    expect(granted + refused).toBe(CREATES + 400)
    expect(Math.abs(granted - CREATES) / CREATES).toBeLessThanOrEqual(0.05)
    for (const replica of replicas) expect((await replica.nonce(from)).status).toBe(429)
  })

  it('grant guesses at one user’s code to the number', async () => {
    const json = { user_id: `user_${randomUUID()}`, verification_code: '000000' }
    const statuses = await countStatuses(GUESSES * 5, (index) =>
      replicas[index % 2 === 0 ? 0 : 1].call('/users/verify-login', {
        from: `203.0.113.${100 + (index % 100)}`,
        headers: project,
        json,
      }),
    )
    expect(statuses).toEqual({ 400: GUESSES, 429: GUESSES * 4 })
  })
})

describe('limits of callers whose key was made by command', () => {
  /** They are a tenth of what they are. */
  const FACTOR = 0.1
  const most = CREATES * FACTOR

  it('do not count a server by its address when its key was made by command, and count one whose key was revoked', async () => {
    const env = sharedEnv(inject('redisUrl'))
    const projectId = env['PROJECT_ID'] ?? ''
    const stores = openTestStores('redis', inject('redisUrl'))
    const ports = { ...stores, clock: { now: () => new Date() }, random: createSystemRandom() }
    const limited = await LimitedServer.start(env, FACTOR)
    try {
      const from = '203.0.113.250'
      const { key, text } = await createApiKey(ports, { projectId, kind: 'secret', name: null })
      const begin = () =>
        limited.call('/v1/auth/wallets/registrations/begin', {
          from,
          headers: { authorization: `Bearer ${text}` },
          json: { wallet_type: 'ethereum', public_address: newAddress() },
        })
      expect(await countStatuses(most + 100, begin)).toEqual({ 200: most + 100 })
      await revokeApiKey(ports, key.id)
      await expect.poll(async () => (await begin()).status, { timeout: 10_000 }).toBe(401)
      const { 401: refused = 0, 429: counted = 0 } = await countStatuses(most + 100, begin)
      expect(refused + counted).toBe(most + 100)
      expect(counted).toBeGreaterThan(0)
    } finally {
      await limited.stop()
      await stores.close()
    }
  })
})

describe('without Redis', () => {
  let redis: RedisServer
  let server: LimitedServer
  let project: Record<string, string>
  beforeAll(async () => {
    redis = await startRedisServer()
    const env = sharedEnv(redis.url)
    project = { 'x-walletkit-project-id': env['PROJECT_ID'] ?? '' }
    server = await LimitedServer.start(env)
  })
  afterAll(async () => {
    await server.stop()
    await redis.stop()
  })

  const guess = (userId: string) =>
    server.call('/users/verify-login', {
      from: '203.0.113.1',
      headers: project,
      json: { user_id: userId, verification_code: '000000' },
    })
  async function timed<T>(act: () => Promise<T>): Promise<readonly [T, number]> {
    const startedAt = performance.now()
    return [await act(), performance.now() - startedAt]
  }

  it('a request is answered as an outage, soon and never as too many, and guesses stay bounded', async () => {
    const userId = `user_${randomUUID()}`
    expect((await guess(userId)).status).toBe(400)
    redis.signal('SIGSTOP')
    const [hanging, hangs] = await timed(() => Promise.all([guess(userId), server.nonce('203.0.113.2')]))
    expect(hanging.map(({ status }) => status)).toEqual([503, 500])
    // The store's own limit of two seconds, and half a second of ours.
    expect(hangs).toBeLessThan(4_000)
    redis.signal('SIGKILL')
    await expect
      .poll(() => timed(() => guess(`user_${randomUUID()}`)), { timeout: 10_000 })
      .toSatisfy(
        ([{ status }, ms]: Awaited<ReturnType<typeof timed<{ status: number }>>>) => status === 503 && ms < 500,
      )
    expect(await countStatuses(100, () => server.nonce('203.0.113.3'))).toEqual({ 500: 100 })
    const statuses = await countStatuses(GUESSES * 2, () => guess(userId))
    expect(statuses[503]).toBeLessThanOrEqual(GUESSES)
    expect(statuses[429]).toBeGreaterThanOrEqual(GUESSES)
  })
})
