import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { type Gateways, useGateways } from './support/gateways.ts'
import { ROUNDS, timeFor } from './support/rounds.ts'

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']

describe('one Redis', () => {
  const { start, cleanUp } = useGateways('file')
  let redis: RedisServer
  let admin: Redis
  let gateways: Gateways
  beforeAll(async () => {
    redis = await startRedisServer({ args: DURABLE })
    cleanUp(() => redis.stop())
    admin = new Redis(redis.url)
    admin.on('error', () => {}) // It is killed below.
    cleanUp(() => admin.disconnect())
    gateways = await start({ REDIS_URL: redis.url })
  })

  /** Breaks it under load, and mends it, again and again. */
  async function strike(outages: number, breakIt: () => unknown, mendIt: () => unknown): Promise<void> {
    const workload = await gateways.work()
    for (let round = 0; round < ROUNDS; round += 1) {
      await breakIt()
      await workload.history.more('outage', outages)
      await mendIt()
      await gateways.ready()
      await workload.recovers()
    }
    await workload.endsWell()
  }

  it('Redis hangs', { timeout: timeFor(10) }, () =>
    strike(
      6,
      () => redis.signal('SIGSTOP'),
      () => redis.signal('SIGCONT'),
    ),
  )

  it('Redis holds back writes only', { timeout: timeFor(10) }, () =>
    strike(
      6,
      () => admin.call('CLIENT', 'PAUSE', 60_000, 'WRITE'),
      () => admin.call('CLIENT', 'UNPAUSE'),
    ),
  )

  it.each([
    ['Redis is full', 'maxmemory', '1'],
    ['Redis has too few replicas to take writes', 'min-replicas-to-write', '1'],
  ])('%s', { timeout: timeFor(5) }, (_, setting, broken) =>
    strike(
      30,
      () => admin.config('SET', setting, broken),
      () => admin.config('SET', setting, '0'),
    ),
  )

  it('Redis is read-only', { timeout: timeFor(5) }, () =>
    strike(
      30,
      () => admin.replicaof('127.0.0.1', 1),
      () => admin.replicaof('NO', 'ONE'),
    ),
  )

  it('Redis is killed and comes back with its log (appendfsync always)', { timeout: timeFor(10) }, () =>
    strike(
      30,
      () => redis.kill(),
      () => redis.restart(),
    ),
  )

  it('Redis is killed and comes back empty', { timeout: timeFor(10) }, async () => {
    const workload = await gateways.work()
    workload.caller.mayForget = true
    await redis.stop()
    await workload.history.more('outage', 30)
    redis = await startRedisServer({ port: redis.port })
    await gateways.ready()
    await workload.recovers()
    await workload.end()
    // Everything is forgotten alike: nobody is taken for somebody, and what is new holds.
    expect(workload.history.violations).toEqual([])
    const again = await gateways.work()
    await again.endsWell()
  })
})
