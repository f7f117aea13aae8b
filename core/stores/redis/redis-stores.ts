import { createSystemRandom } from '../../random.ts'
import type { Stores } from '../stores.ts'
import { confirmActs } from './confirm-acts.ts'
import { connectRedis, type RedisConnection } from './connect-redis.ts'
import { Keys } from './keys.ts'
import { createRedisApiKeyStore } from './redis-api-key-store.ts'
import { createRedisChallengeStore } from './redis-challenge-store.ts'
import { createRedisIdentityStore } from './redis-identity-store.ts'
import { createRedisKeyStore } from './redis-key-store.ts'
import { createRedisOutboxStore } from './redis-outbox-store.ts'
import { createRedisSessionStore } from './redis-session-store.ts'
import { RedisSteps } from './redis-steps.ts'
import { createRedisUserImportStore } from './redis-user-import-store.ts'
import { createRedisWindowStore } from './redis-window-store.ts'
import { ReplicaBarrier } from './replica-barrier.ts'

/** Every key begins with it, and a colon. */
export const PREFIX = 'walletgate'
const PROBE_TTL_MS = 1_000

export interface RedisGuarantees {
  /** How many replicas must have what was decided before it is answered; 0: nobody waits for them. */
  readonly waitReplicas: number
}

/** Every store in one Redis (6.2 or newer) or Valkey: single, behind Sentinel, or a cluster. */
export function openRedisStores(
  connection: RedisConnection,
  { waitReplicas }: RedisGuarantees = { waitReplicas: 0 },
): Stores {
  const client = connectRedis(connection)
  const steps = new RedisSteps(client)
  const keys = new Keys(PREFIX)
  const identities = createRedisIdentityStore(steps, keys)
  const stores: Stores = {
    challenges: createRedisChallengeStore(steps, keys),
    identities,
    imports: createRedisUserImportStore(steps, keys, identities),
    sessions: createRedisSessionStore(steps, keys),
    keys: createRedisKeyStore(steps, keys),
    apiKeys: createRedisApiKeyStore(steps, keys, createSystemRandom()),
    outbox: createRedisOutboxStore(steps, PREFIX),
    queue: (name) => createRedisOutboxStore(steps, `${PREFIX}:queue:${name}`),
    windows: createRedisWindowStore(steps, keys),
    async ping() {
      // A write: a replica, or a full server, answers PING and is of no use.
      await steps.ask((redis) => redis.set(keys.probe(), '1', 'PX', PROBE_TTL_MS))
    },
    async close() {
      client.disconnect()
    },
  }
  return waitReplicas === 0 ? stores : confirmActs(stores, new ReplicaBarrier(client, waitReplicas))
}
