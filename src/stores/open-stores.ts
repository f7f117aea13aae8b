import { createMemoryStores } from '../../core/stores/memory/memory-stores.ts'
import { openRedisStores } from '../../core/stores/redis/redis-stores.ts'
import type { Stores } from '../../core/stores/stores.ts'
import type { Settings } from '../config/settings.ts'

/** The stores these settings name. A Redis that is down now is no reason to fail: it is asked again with every request. */
export function openStores(store: Settings['store']): Stores {
  return store.kind === 'memory' ? createMemoryStores() : openRedisStores(store.connection, store)
}
