import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMemoryOutboxStore } from '../../../core/stores/memory/memory-outbox-store.ts'
import { connectRedis } from '../../../core/stores/redis/connect-redis.ts'
import { type RedisServer, startRedisCluster, startRedisServer } from '../../support/redis-server.ts'
import { outboxStoreContract } from '../stores/outbox-store.contract.ts'
import { newPrefix, openTestRedis, redisOutbox, whenReady } from './fixtures.ts'

outboxStoreContract('memory', (capacity) => {
  const store = createMemoryOutboxStore(capacity)
  return [store, store]
})

const allowance = { recipient: 'r', limit: 5, windowMs: 900_000 }

describe('on Redis', () => {
  const clients = [openTestRedis(), openTestRedis()] as const
  beforeAll(async () => void (await Promise.all(clients.map(whenReady))))
  afterAll(() => {
    for (const client of clients) client.disconnect()
  })

  outboxStoreContract('redis', (capacity) => {
    const prefix = newPrefix()
    return [redisOutbox(clients[0], prefix, capacity), redisOutbox(clients[1], prefix, capacity)]
  })

  it('leaves nothing that lives for ever', async () => {
    const prefix = newPrefix()
    const store = redisOutbox(clients[0], prefix)
    const now = new Date()
    const expiresAt = new Date(now.getTime() + 600_000)
    await store.enqueue({ id: 'a', sealed: 's', expiresAt }, allowance, now)
    await store.claim(now, 60_000)
    await store.postpone({ id: 'a', attempt: 1 }, expiresAt)
    const keys = await clients[0].keys(`${prefix}:*`)
    expect(keys.map((key) => key.replace(prefix, '')).toSorted()).toEqual([
      ':{outbox}:allowance:r',
      ':{outbox}:mail:a',
      ':{outbox}:queue',
    ])
    for (const key of keys) expect(await clients[0].pttl(key)).toBeGreaterThan(0)
    expect(await clients[0].pttl(`${prefix}:{outbox}:mail:a`)).toBeLessThanOrEqual(660_000)
  })

  it('counts a mail whose key Redis has already ended as expired', async () => {
    const prefix = newPrefix()
    const store = redisOutbox(clients[0], prefix)
    const now = new Date()
    await store.enqueue({ id: 'a', sealed: 's', expiresAt: new Date(now.getTime() + 60_000) }, allowance, now)
    await clients[0].del(`${prefix}:{outbox}:mail:a`)
    expect(await store.claim(now, 60_000)).toStrictEqual({ entry: null, expired: 1 })
    expect(await store.count()).toBe(0)
  })

  it('keeps a claimed mail at least as long as its lease', async () => {
    const prefix = newPrefix()
    const store = redisOutbox(clients[0], prefix)
    const now = new Date()
    await store.enqueue({ id: 'a', sealed: 's', expiresAt: new Date(now.getTime() + 1000) }, allowance, now)
    await store.claim(now, 120_000)
    expect(await clients[0].pttl(`${prefix}:{outbox}:mail:a`)).toBeGreaterThan(120_000)
  })
})

describe('on a Redis Cluster', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>
  beforeAll(async () => {
    cluster = await startRedisCluster()
  })
  afterAll(() => cluster.stop())

  it('takes every step within one slot', async () => {
    const access = { username: null, password: null, db: 0, tls: false }
    const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }))
    const client = connectRedis({ mode: 'cluster', nodes, access })
    await whenReady(client)
    const store = redisOutbox(client, newPrefix())
    const now = new Date()
    for (const id of ['a', 'b', 'c']) {
      await store.enqueue({ id, sealed: 's', expiresAt: new Date(now.getTime() + 60_000) }, allowance, now)
    }
    const claimed = [await store.claim(now, 1000), await store.claim(now, 1000), await store.claim(now, 1000)]
    expect(claimed.map(({ entry }) => entry?.id).toSorted()).toEqual(['a', 'b', 'c'])
    expect(await store.postpone({ id: 'a', attempt: 1 }, now)).toBe(true)
    expect(await store.complete('b')).toBe(true)
    expect(await store.count()).toBe(2)
    client.disconnect()
  })
})

describe('on a Redis that is down', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedisServer()
  })
  afterAll(() => server.stop())

  it('says store_unavailable for every step', async () => {
    const client = openTestRedis(server.url)
    await whenReady(client)
    const store = redisOutbox(client, newPrefix())
    expect(await store.count()).toBe(0)
    server.signal('SIGKILL')
    await new Promise<void>((resolve) => client.once('close', resolve))
    const now = new Date()
    const steps = [
      store.enqueue({ id: 'a', sealed: 's', expiresAt: now }, allowance, now),
      store.claim(now, 1),
      store.complete('a'),
      store.postpone({ id: 'a', attempt: 1 }, now),
      store.count(),
    ]
    for (const step of await Promise.allSettled(steps)) {
      expect(step).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } })
    }
    client.disconnect()
  })
})
