import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openRedisStores } from '../../../core/stores/redis/redis-stores.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { type RedisCluster, startRedisCluster } from '../../support/redis-server.ts'

const NO_ACCESS = { username: null, password: null, db: 0, tls: false }

describe.each(['one Redis', 'a cluster'] as const)('counts over windows in %s', (kind) => {
  let cluster: RedisCluster | null = null
  let stores: Stores
  beforeAll(async () => {
    if (kind === 'one Redis') {
      const { hostname: host, port } = new URL(inject('redisUrl'))
      stores = openRedisStores({ mode: 'single', node: { host, port: Number(port) }, access: NO_ACCESS })
    } else {
      cluster = await startRedisCluster()
      const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }))
      stores = openRedisStores({ mode: 'cluster', nodes, access: NO_ACCESS })
    }
  })
  afterAll(async () => {
    await stores.close()
    await cluster?.stop()
  })
  const add = (name: string, points: number, seconds: number) => {
    if (stores.windows === null) throw new Error('nothing is shared')
    return stores.windows.add(name, points, seconds)
  }

  it('adds up what all callers add, each of whom sees another sum', async () => {
    const name = randomUUID()
    const sums = await Promise.all(Array.from({ length: 500 }, async () => (await add(name, 3, 60)).points))
    expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, index) => (index + 1) * 3))
  })

  it('adds beside other commands of the same moment, from the first on', async () => {
    const names = Array.from({ length: 200 }, () => randomUUID())
    const answers = await Promise.all(names.flatMap((name) => [stores.ping(), add(name, 1, 60)]))
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(200)
  })

  it('says how long the window goes on, which later points do not change', async () => {
    const name = randomUUID()
    expect(await add(name, 1, 60)).toEqual({ points: 1, msLeft: 60_000 })
    const { msLeft } = await add(name, 1, 60)
    expect(msLeft).toBeGreaterThan(50_000)
    expect(msLeft).toBeLessThanOrEqual(60_000)
  })

  it('begins a new window when one has ended', async () => {
    const name = randomUUID()
    await add(name, 7, 1)
    await expect.poll(() => add(name, 1, 1), { timeout: 5_000, interval: 1_010 }).toMatchObject({ points: 1 })
  })

  it('counts names apart, strange ones too', async () => {
    const names = ['a', 'b', '', '}', '{x}', '\u0000', '\ud800', '\ud801', 'n'.repeat(1_000)].map(
      (name) => name + randomUUID(),
    )
    for (const name of names) expect((await add(name, 1, 60)).points).toBe(1)
  })
})

describe('keys of counts', () => {
  it('end with their window, and one without an end gets one', async () => {
    const redis = new Redis(inject('redisUrl'))
    const { hostname: host, port } = new URL(inject('redisUrl'))
    const stores = openRedisStores({ mode: 'single', node: { host, port: Number(port) }, access: NO_ACCESS })
    try {
      const name = randomUUID()
      const key = `walletgate:{window|${name}}:count`
      await stores.windows?.add(name, 1, 60)
      expect(await redis.pttl(key)).toBeGreaterThan(50_000)
      await redis.persist(key)
      expect(await stores.windows?.add(name, 1, 60)).toEqual({ points: 2, msLeft: 60_000 })
      expect(await redis.pttl(key)).toBeGreaterThan(50_000)
    } finally {
      redis.disconnect()
      await stores.close()
    }
  })
})
