import type { OutboxStore } from '../outbox-store.ts'
import type { Stores } from '../stores.ts'
import { createMemoryApiKeyStore } from './memory-api-key-store.ts'
import { createMemoryChallengeStore } from './memory-challenge-store.ts'
import { createMemoryIdentityStore } from './memory-identity-store.ts'
import { createMemoryKeyStore } from './memory-key-store.ts'
import { createMemoryOutboxStore } from './memory-outbox-store.ts'
import { createMemorySessionStore } from './memory-session-store.ts'
import { createMemoryUserImportStore } from './memory-user-import-store.ts'

/** Every store in this process: nothing to install, and nothing survives a restart. */
export function createMemoryStores(): Stores {
  const identities = createMemoryIdentityStore()
  const sessions = createMemorySessionStore()
  const queues = new Map<string, OutboxStore>()
  return {
    challenges: createMemoryChallengeStore(),
    identities,
    sessions,
    imports: createMemoryUserImportStore(identities, sessions),
    keys: createMemoryKeyStore(),
    apiKeys: createMemoryApiKeyStore(),
    outbox: createMemoryOutboxStore(),
    queue(name) {
      const queue = queues.get(name) ?? createMemoryOutboxStore()
      queues.set(name, queue)
      return queue
    },
    windows: null,
    ping: async () => {},
    close: async () => {},
  }
}
