import { afterAll, inject } from 'vitest'
import { connectRedis } from '../../../core/stores/redis/connect-redis.ts'
import { createMemoryKeyStore } from '../../../core/stores/memory/memory-key-store.ts'
import { createRedisKeyStore } from '../../../core/stores/redis/redis-key-store.ts'
import { RedisSteps } from '../../../core/stores/redis/redis-steps.ts'

export const keyNames = {
  keySet: (projectId: string, door: string) => `walletgate:{${Buffer.from(projectId).toString('hex')}|keys}:${door}`,
}

/** A client of its own on a test Redis, closed after this file's tests. */
export function openRedis(port = Number(new URL(inject('redisUrl')).port)) {
  const access = { username: null, password: null, db: 0, tls: false }
  const client = connectRedis({ mode: 'single', node: { host: '127.0.0.1', port }, access })
  afterAll(() => client.disconnect())
  return client
}

/** Makers of stores: each call in one kind is another replica's view of the same data. */
export const KEY_STORES = {
  memory() {
    const store = createMemoryKeyStore()
    return () => store
  },
  redis: () => () => createRedisKeyStore(new RedisSteps(openRedis()), keyNames),
}
