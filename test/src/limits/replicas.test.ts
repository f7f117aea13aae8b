import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { LIMITS } from '../../../src/limits/cost-classes.ts'
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { countStatuses, LimitedServer, sharedEnv } from './servers.ts'

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
