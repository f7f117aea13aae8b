import type { Fault } from './config-error.ts'
import type { EnvName } from './env-names.ts'
import { type Sources, wantsRedis } from './sources.ts'

const REDIS_NAMES = [
  'REDIS_URL',
  'REDIS_CLUSTER_NODES',
  'REDIS_SENTINELS',
  'REDIS_SENTINEL_NAME',
] as const satisfies EnvName[]

/**
 * One store, said without contradiction: memory; or one Redis, a Cluster, or a group behind Sentinels. REDIS_URL beside the
 * latter two gives user, password, database and TLS; its host is not used.
 */
export function checkStore(sources: Sources): readonly Fault[] {
  const { environment, file, server, isGiven, placeOf } = sources
  const faults: Fault[] = []
  const note = (name: EnvName, problem: string, remedy: string) => faults.push({ name: placeOf(name), problem, remedy })
  const redisNames = REDIS_NAMES.filter(isGiven)

  if (server.store === 'memory' && redisNames.length > 0) {
    note('STORE', `is memory, and ${redisNames.map(placeOf).join(', ')} is set`, 'Remove one or the other')
  }
  // A file that cannot be read may have said all that seems to be missing.
  const isServerKnown = !environment.given.has('WALLETGATE_CONFIG') || (file !== null && file.json !== null)
  if (server.store === 'redis' && redisNames.length === 0 && isServerKnown) {
    note('STORE', 'is redis, and no Redis is given', 'Set REDIS_URL')
  }
  if (environment.isProduction && !isGiven('STORE') && !wantsRedis(sources) && isServerKnown) {
    note(
      'STORE',
      'is missing, NODE_ENV is production, and no Redis is given',
      'Set REDIS_URL, or STORE=memory to lose everything at each restart',
    )
  }
  if (isGiven('REDIS_CLUSTER_NODES') && isGiven('REDIS_SENTINELS')) {
    note('REDIS_SENTINELS', 'is set beside REDIS_CLUSTER_NODES', 'Remove one of them: a Cluster has no Sentinels')
  }
  if (isGiven('REDIS_SENTINELS') && !isGiven('REDIS_SENTINEL_NAME')) {
    note('REDIS_SENTINEL_NAME', 'is missing, and REDIS_SENTINELS is set', 'Set the name of the group, often mymaster')
  }
  if (isGiven('REDIS_SENTINEL_NAME') && !isGiven('REDIS_SENTINELS')) {
    note('REDIS_SENTINELS', 'is missing, and REDIS_SENTINEL_NAME is set', 'Set the Sentinels as host:port,…')
  }
  if (isGiven('REDIS_WAIT_REPLICAS') && redisNames.length === 0 && isServerKnown) {
    note('REDIS_WAIT_REPLICAS', 'is set, and no Redis is given', 'Remove it, or set REDIS_URL')
  }
  if (isGiven('REDIS_CLUSTER_NODES') && (server.redisUrl?.access.db ?? 0) !== 0) {
    note('REDIS_URL', 'names a database, and a Cluster has only database 0', 'Remove the number from its path')
  }
  return faults
}
