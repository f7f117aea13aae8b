import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { useGateways } from './support/gateways.ts'
import { ROUNDS, timeFor } from './support/rounds.ts'

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']

describe('one Redis', () => {
  const { start, cleanUp } = useGateways()

  /** Fails `rounds` times under load, and is whole again each time. */
  async function strike(
    redis: RedisServer,
    breakIt: () => unknown,
    mendIt: () => unknown,
    { outages = 12, env = {} }: { readonly outages?: number; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const gateways = await start({ REDIS_URL: redis.url, ...env })
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

  async function startOne(args: readonly string[] = []): Promise<RedisServer> {
    const redis = await startRedisServer({ args })
    cleanUp(() => redis.stop())
    return redis
  }

  function adminOf(redis: RedisServer): Redis {
    const admin = new Redis(redis.url)
    cleanUp(() => admin.disconnect())
    return admin
  }

  it('Redis hangs', { timeout: timeFor(10) }, async () => {
    const redis = await startOne()
    const pause = () => redis.signal('SIGSTOP')
    await strike(redis, pause, () => redis.signal('SIGCONT'))
  })

  it('Redis holds back writes only', { timeout: timeFor(10) }, async () => {
    const redis = await startOne()
    const admin = adminOf(redis)
    await strike(
      redis,
      () => admin.call('CLIENT', 'PAUSE', 60_000, 'WRITE'),
      () => admin.call('CLIENT', 'UNPAUSE'),
    )
  })

  it('Redis is killed and comes back with its log (appendfsync always)', { timeout: timeFor(10) }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'walletgate-faults-'))
    let redis = await startRedisServer({ directory, args: DURABLE })
    cleanUp(() => rmSync(directory, { recursive: true, force: true }))
    cleanUp(() => redis.stop())
    const { port } = redis
    await strike(
      redis,
      () => redis.stop(), // SIGKILL
      async () => {
        redis = await startRedisServer({ port, directory, args: DURABLE })
      },
      { outages: 60 },
    )
  })

  it('Redis is killed and comes back empty', { timeout: timeFor(10) }, async () => {
    let redis = await startOne()
    const gateways = await start({ REDIS_URL: redis.url })
    const workload = await gateways.work()
    workload.caller.mayForget = true
    await redis.stop()
    await workload.history.more('outage', 30)
    redis = await startRedisServer({ port: redis.port })
    cleanUp(() => redis.stop())
    await gateways.ready()
    await workload.recovers()
    await workload.end()
    // Everything is forgotten alike: nobody is taken for somebody, and what is new holds.
    expect(workload.history.violations).toEqual([])
    const again = await gateways.work()
    await again.endsWell()
  })

  it.each([
    ['Redis is full', { maxmemory: '1' }, { maxmemory: '0' }],
    ['Redis has too few replicas to take writes', { 'min-replicas-to-write': '1' }, { 'min-replicas-to-write': '0' }],
  ])('%s', { timeout: timeFor(10) }, async (_, broken, whole) => {
    const redis = await startOne()
    const admin = adminOf(redis)
    const set = async (settings: Readonly<Record<string, string>>) => {
      for (const [name, value] of Object.entries(settings)) await admin.config('SET', name, value)
    }
    await strike(
      redis,
      () => set(broken),
      () => set(whole),
      { outages: 60 },
    )
  })

  it('Redis is read-only', { timeout: timeFor(10) }, async () => {
    const redis = await startOne()
    const admin = adminOf(redis)
    await strike(
      redis,
      () => admin.replicaof('127.0.0.1', 1),
      () => admin.replicaof('NO', 'ONE'),
      { outages: 60 },
    )
  })
})
