import { afterAll, beforeAll, inject } from 'vitest'
import type { KeyStore } from '../../../core/stores/key-store.ts'
import { createMemoryKeyStore } from '../../../core/stores/memory/memory-key-store.ts'
import { connectRedis } from '../../../core/stores/redis/connect-redis.ts'
import { Keys } from '../../../core/stores/redis/keys.ts'
import { createRedisKeyStore } from '../../../core/stores/redis/redis-key-store.ts'
import { RedisSteps } from '../../../core/stores/redis/redis-steps.ts'

export const keyNames = new Keys('walletgate')

export function connectTo(port: number) {
  const access = { username: null, password: null, db: 0, tls: false }
  return connectRedis({ mode: 'single', node: { host: '127.0.0.1', port }, access })
}

/** A connection of its own to the Redis of this run, closed after this file's tests. Called while describing. */
export function openRedis() {
  const client = connectTo(Number(new URL(inject('redisUrl')).port))
  afterAll(() => client.disconnect())
  return client
}

/** As many views of one shared store as there are replicas, each Redis one over its own connection. Called while describing. */
export function openReplicaStores(kind: 'memory' | 'redis', replicas: number): readonly KeyStore[] {
  if (kind === 'memory') {
    const store = createMemoryKeyStore()
    return Array.from({ length: replicas }, () => store)
  }
  const clients = Array.from({ length: replicas }, () => openRedis())
  beforeAll(async () => void (await Promise.all(clients.map(whenReady))))
  return clients.map((client) => createRedisKeyStore(new RedisSteps(client), keyNames))
}

export function whenReady(client: ReturnType<typeof connectTo>): Promise<void> {
  return new Promise((resolve) => (client.status === 'ready' ? resolve() : client.once('ready', () => resolve())))
}
