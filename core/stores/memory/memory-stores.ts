import type { Stores } from '../stores.ts'
import { createMemoryChallengeStore } from './memory-challenge-store.ts'
import { createMemoryIdentityStore } from './memory-identity-store.ts'
import { createMemoryKeyStore } from './memory-key-store.ts'
import { createMemoryOutboxStore } from './memory-outbox-store.ts'
import { createMemorySessionStore } from './memory-session-store.ts'

/** Every store in this process: nothing to install, and nothing survives a restart. */
export function createMemoryStores(): Stores {
  return {
    challenges: createMemoryChallengeStore(),
    identities: createMemoryIdentityStore(),
    sessions: createMemorySessionStore(),
    keys: createMemoryKeyStore(),
    outbox: createMemoryOutboxStore(),
    ping: async () => {},
    close: async () => {},
  }
}
