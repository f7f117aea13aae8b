import type { Stores } from '../stores.ts'
import { connectRedis, type RedisConnection } from './connect-redis.ts'
import { Keys } from './keys.ts'
import { createRedisChallengeStore } from './redis-challenge-store.ts'
import { createRedisIdentityStore } from './redis-identity-store.ts'
import { createRedisKeyStore } from './redis-key-store.ts'
import { createRedisOutboxStore } from './redis-outbox-store.ts'
import { createRedisSessionStore } from './redis-session-store.ts'
import { RedisSteps } from './redis-steps.ts'

const PREFIX = 'walletgate'
const PROBE_TTL_MS = 1_000

/** Every store in one Redis (6.2 or newer) or Valkey: single, behind Sentinel, or a cluster. */
export function openRedisStores(connection: RedisConnection): Stores {
  const client = connectRedis(connection)
  const steps = new RedisSteps(client)
  const keys = new Keys(PREFIX)
  return {
    challenges: createRedisChallengeStore(steps, keys),
    identities: createRedisIdentityStore(steps, keys),
    sessions: createRedisSessionStore(steps, keys),
    keys: createRedisKeyStore(steps, keys),
    outbox: createRedisOutboxStore(steps, PREFIX),
    async ping() {
      // A write: a replica, or a full server, answers PING and is of no use.
      await steps.ask((redis) => redis.set(keys.probe(), '1', 'PX', PROBE_TTL_MS))
    },
    async close() {
      client.disconnect()
    },
  }
}
