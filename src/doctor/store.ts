import { AuthError } from '../../core/errors.ts'
import type { RandomSource } from '../../core/ports.ts'
import { openRedisStores } from '../../core/stores/redis/redis-stores.ts'
import type { Stores } from '../../core/stores/stores.ts'
import type { Settings } from '../config/settings.ts'
import { describeUnreadableKeys, openStoredKeys } from '../stores/stored-keys.ts'
import { type Finding, fail, ok, unknown } from './finding.ts'
import { examineRedis } from './redis/examine-redis.ts'

/** The store as the server itself uses it, and what Redis says of itself. The write is the one that readiness makes. */
export async function examineStore(
  settings: Settings,
  { random, now }: { readonly random: RandomSource; readonly now: () => number },
): Promise<readonly Finding[]> {
  const { store, audit } = settings
  if (store.kind === 'memory') return []
  const stores = openRedisStores(store.connection)
  try {
    const [{ findings, answers }, writes, keys] = await Promise.all([
      examineRedis(store.connection, {
        streamKey: audit.stream?.key ?? null,
        waitsForReplicas: store.waitReplicas > 0,
        now,
      }),
      examineWrites(stores),
      examineKeys(settings, stores, random),
    ])
    // Where nobody answers, the rest follows from it.
    return answers ? [...findings, writes, keys] : [...findings, unknown('keys', 'The store does not answer')]
  } finally {
    await stores.close()
  }
}

const REFUSED_WRITES: Readonly<Record<string, string>> = {
  redis_readonly: 'It is a replica, or read-only',
  redis_oom: 'It is full: maxmemory is reached',
  redis_misconf: 'It takes no writes because it cannot save to its disk',
  redis_noreplicas: 'It takes no writes because it has too few replicas',
  redis_clusterdown: 'It takes no writes because the cluster is not whole',
  redis_loading: 'It is still loading its data',
  redis_busy: 'It is busy with somebody’s script',
  redis_noperm: 'The Redis user may not write',
}

async function examineWrites(stores: Stores): Promise<Finding> {
  try {
    await stores.ping()
    return ok('redis.writes', 'takes writes')
  } catch (error) {
    const reason = error instanceof AuthError ? error.reason : 'unknown'
    return fail('redis.writes', REFUSED_WRITES[reason] ?? `It takes no writes (${reason})`)
  }
}

async function examineKeys(settings: Settings, { keys }: Stores, random: RandomSource): Promise<Finding> {
  try {
    const count = await openStoredKeys(settings, { keyStore: keys, random })
    return ok('keys', count === 0 ? 'none yet: the first start makes them' : `${count} key sets open`)
  } catch (error) {
    const [fault] = describeUnreadableKeys(error)?.faults ?? []
    return fault === undefined
      ? unknown('keys', 'The store does not answer')
      : fail('keys', `${fault.name} ${fault.problem}`)
  }
}
