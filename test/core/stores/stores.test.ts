import { afterAll, beforeAll, inject } from 'vitest'
import { createMemoryStores } from '../../../core/stores/memory/memory-stores.ts'
import { openRedisStores } from '../../../core/stores/redis/redis-stores.ts'
import { type RedisCluster, startRedisCluster } from '../../support/redis-server.ts'
import { apiKeyStoreContract } from './api-key-store.contract.ts'
import { challengeStoreContract } from './challenge-store.contract.ts'
import { identityStoreContract } from './identity-store.contract.ts'
import { sessionStoreContract } from './session-store.contract.ts'
import { ACCESS, accessTo, type OpenStores } from './stores-under-test.ts'
import { userImportStoreContract } from './user-import-store.contract.ts'

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startRedisCluster()
})
afterAll(() => cluster.stop())

const STORES: readonly (readonly [name: string, open: OpenStores])[] = [
  ['memory', createMemoryStores],
  ['Redis', () => openRedisStores(accessTo(inject('redisUrl')))],
  // Three primaries refuse any step whose keys are not in one slot.
  [
    'Redis Cluster',
    () =>
      openRedisStores({
        mode: 'cluster',
        nodes: cluster.ports.map((port) => ({ host: '127.0.0.1', port })),
        access: ACCESS,
      }),
  ],
]

for (const [name, open] of STORES) {
  challengeStoreContract(name, open)
  identityStoreContract(name, open)
  sessionStoreContract(name, open)
  userImportStoreContract(name, open)
  apiKeyStoreContract(name, open)
}
