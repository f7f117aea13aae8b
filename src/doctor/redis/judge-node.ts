import type { RedisNodeFacts } from '../../../core/stores/redis/inspect-redis.ts'
import { type Finding, fail, ok, unknown, warn } from '../finding.ts'
import { judgePersistence } from './judge-persistence.ts'

const SLOTS = 16_384
const OLDEST = [6, 2] as const
const FULL_SHARE = 0.9
const SLOW_MS = { warn: 20, fail: 500 }
/** Beyond it, lives of nonces and tokens are visibly wrong, seconds. */
export const CLOCK_SECONDS = 30

/** How a node is used, which decides what is wrong with it. */
export interface NodeUse {
  readonly mode: 'single' | 'sentinel' | 'cluster'
  /** Null: the only one. */
  readonly subject: string | null
}

/** What an operator who knows Redis would say to what a node says of itself. */
export function judgeNode(facts: RedisNodeFacts, { mode, subject }: NodeUse): readonly Finding[] {
  const { info } = facts
  const told = info === null ? [unknown('redis.version', NO_INFO, subject)] : judgeInfo(info, facts, mode, subject)
  return [judgeCommands(facts, subject), ...told, judgeLatency(facts, subject), judgeClock(facts, subject)]
}

const NO_INFO = 'Its user may not send INFO: version, memory, persistence and replication cannot be seen'

type Info = NonNullable<RedisNodeFacts['info']>

function judgeInfo(
  info: Info,
  facts: RedisNodeFacts,
  mode: NodeUse['mode'],
  subject: string | null,
): readonly Finding[] {
  return [
    judgeVersion(info, subject),
    judgeEviction(info, subject),
    judgeMemory(info, subject),
    ...judgePersistence(info, facts.config, subject),
    judgeReplication(info, mode, subject),
    ...judgeCluster(info, facts, mode, subject),
  ]
}

function judgeVersion(info: Info, subject: string | null): Finding {
  const version = info['redis_version'] ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const name = info['server_name'] === 'valkey' ? `Valkey ${info['valkey_version'] ?? ''}` : `Redis ${version}`
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
  return isOld
    ? fail('redis.version', `${name} is too old: 6.2 is needed`, subject)
    : ok('redis.version', name.trim(), subject)
}

function judgeEviction(info: Info, subject: string | null): Finding {
  const policy = info['maxmemory_policy'] ?? ''
  if (policy === 'noeviction') return ok('redis.eviction', 'noeviction', subject)
  if (policy === '') return unknown('redis.eviction', 'It does not say what it evicts', subject)
  return Number(info['maxmemory']) > 0
    ? fail('redis.eviction', `maxmemory-policy is ${policy}: when it is full it drops users, sessions or keys`, subject)
    : warn('redis.eviction', `maxmemory-policy is ${policy}, which drops data once a maxmemory is set`, subject)
}

function judgeMemory(info: Info, subject: string | null): Finding {
  const [used, own, machine] = ['used_memory', 'maxmemory', 'total_system_memory'].map((name) => Number(info[name]))
  const limit = own || machine || 0
  if (!used || limit === 0) return unknown('redis.memory', 'It does not say how much memory it takes', subject)
  const share = `${Math.round((used / limit) * 100)} % of ${own ? 'maxmemory' : 'the machine’s memory'} taken`
  return used / limit < FULL_SHARE ? ok('redis.memory', share, subject) : warn('redis.memory', share, subject)
}

function judgeReplication(info: Info, mode: NodeUse['mode'], subject: string | null): Finding {
  const replicas = Number(info['connected_slaves'] ?? 0)
  if (info['role'] === 'slave') {
    return unknown('redis.replication', 'It is a replica: what its primary waits for cannot be seen from here', subject)
  }
  if (replicas === 0) {
    return mode === 'single'
      ? ok('redis.replication', 'no replicas', subject)
      : warn('redis.replication', 'It has no replica: nothing takes over when it is gone', subject)
  }
  // Redis tells this count only where it has to wait for some.
  return info['min_slaves_good_slaves'] === undefined
    ? warn(
        'redis.replication',
        'It answers before any replica has a write: a failover can lose the newest ones',
        subject,
      )
    : ok('redis.replication', `${replicas} replicas, and writes wait for some`, subject)
}

function judgeCluster(
  info: Info,
  { cluster }: RedisNodeFacts,
  mode: NodeUse['mode'],
  subject: string | null,
): readonly Finding[] {
  const isClustered = info['cluster_enabled'] === '1'
  if (isClustered !== (mode === 'cluster')) {
    return [
      isClustered
        ? fail('redis.cluster', 'It is a node of a cluster, and REDIS_CLUSTER_NODES is not set', subject)
        : fail('redis.cluster', 'It is no node of a cluster, and REDIS_CLUSTER_NODES names it', subject),
    ]
  }
  if (!isClustered) return []
  if (cluster === null) return [unknown('redis.cluster', 'Its user may not send CLUSTER INFO', subject)]
  const missing = SLOTS - Number(cluster['cluster_slots_ok'] ?? 0)
  if (missing > 0) return [fail('redis.cluster', `${missing} of ${SLOTS} slots have no primary that works`, subject)]
  return cluster['cluster_state'] === 'ok'
    ? [ok('redis.cluster', `whole, ${cluster['cluster_size']} primaries`, subject)]
    : [fail('redis.cluster', 'It says that the cluster is down', subject)]
}

function judgeCommands({ refusals: { commands, keys } }: RedisNodeFacts, subject: string | null): Finding {
  if (commands.length === 0 && keys.length === 0) return ok('redis.commands', 'all that are needed', subject)
  const lacks = [
    ...(commands.length > 0 ? [`may not send ${commands.join(', ').toUpperCase()}`] : []),
    ...(keys.length > 0 ? [`may not touch the keys ${keys.join(' ')}`] : []),
  ]
  const rest = commands[0] === 'set' || keys.length > 0 ? '; the others were not all asked for' : ''
  return fail('redis.commands', `The Redis user ${lacks.join(' and ')}${rest}`, subject)
}

function judgeLatency({ roundTripMs }: RedisNodeFacts, subject: string | null): Finding {
  const message = `${roundTripMs < 10 ? roundTripMs.toFixed(1) : Math.round(roundTripMs)} ms a question`
  if (roundTripMs > SLOW_MS.fail) return fail('redis.latency', message, subject)
  return roundTripMs > SLOW_MS.warn ? warn('redis.latency', message, subject) : ok('redis.latency', message, subject)
}

function judgeClock({ clockAheadMs }: RedisNodeFacts, subject: string | null): Finding {
  const whose = `Redis${subject === null ? '' : ` ${subject}`}`
  return clockAheadMs === null
    ? unknown('clock', 'Its user may not send TIME', whose)
    : compareClocks(clockAheadMs, whose)
}

/** @param aheadMs how far the other clock is ahead of ours */
export function compareClocks(aheadMs: number, whose: string): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  const message = `${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} ours`
  return seconds > CLOCK_SECONDS
    ? fail('clock', message, whose)
    : ok('clock', seconds === 0 ? 'as ours' : message, whose)
}
