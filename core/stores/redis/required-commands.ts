/** An example of a command that changes nothing that lasts. @param scratch a key that holds text; @param none one that does not exist */
type Example = (scratch: string, none: string) => readonly string[]

/**
 * Every command that the stores send, themselves or from a script, with an example by which to ask whether a user may. On the
 * scratch key, which holds text, what is for hashes, sets and sorted sets fails after Redis has looked at the user's rights.
 */
const DATA_COMMANDS = {
  del: (_, none) => [none],
  eval: () => ['return 1', '0'],
  evalsha: () => ['0'.repeat(40), '0'],
  exists: (scratch) => [scratch],
  get: (scratch) => [scratch],
  hdel: (scratch) => [scratch, 'f'],
  hexists: (scratch) => [scratch, 'f'],
  hget: (scratch) => [scratch, 'f'],
  hgetall: (scratch) => [scratch],
  hincrby: (scratch) => [scratch, 'f', '1'],
  hmget: (scratch) => [scratch, 'f'],
  hset: (scratch) => [scratch, 'f', 'v'],
  hsetnx: (scratch) => [scratch, 'f', 'v'],
  incrby: (scratch) => [scratch, '1'],
  persist: (_, none) => [none],
  pexpire: (_, none) => [none, '1000'],
  pttl: (scratch) => [scratch],
  sadd: (scratch) => [scratch, 'm'],
  scan: (_, none) => ['0', 'MATCH', none, 'COUNT', '1'],
  scard: (scratch) => [scratch],
  set: (scratch) => [scratch, 'text', 'PX', '10000'],
  smembers: (scratch) => [scratch],
  srem: (scratch) => [scratch, 'm'],
  zadd: (scratch) => [scratch, '1', 'm'],
  zcard: (scratch) => [scratch],
  zrange: (scratch) => [scratch, '0', '0'],
  zrangebyscore: (scratch) => [scratch, '0', '0'],
  zrem: (scratch) => [scratch, 'm'],
  zremrangebyscore: (scratch) => [scratch, '0', '0'],
} as const satisfies Record<string, Example>

/** For AUDIT_STREAM alone. No entry can have this id, so nothing is added. */
const STREAM_COMMANDS = { xadd: (stream) => [stream, '0-0', 'event', ''] } as const satisfies Record<string, Example>

/** For REDIS_WAIT_REPLICAS alone. Nobody is waited for. */
const WAIT_COMMANDS = { wait: () => ['0', '1'] } as const satisfies Record<string, Example>

/** What the client sends for itself: whether a server is loading, its name, the database, the slots of a cluster. */
const CLIENT_COMMANDS = ['info', 'client|setname', 'select'] as const
const CLUSTER_COMMANDS = ['cluster|slots', 'cluster|info'] as const

export const DATA_COMMAND_NAMES = Object.keys(DATA_COMMANDS)
export const STREAM_COMMAND_NAMES = Object.keys(STREAM_COMMANDS)
export const WAIT_COMMAND_NAMES = Object.keys(WAIT_COMMANDS)

/** What a Redis user must be allowed for: these settings. */
export interface RedisUse {
  readonly isCluster: boolean
  /** Null: no facts are added to a stream. */
  readonly streamKey: string | null
  /** Must replicas have what was decided before it is answered? */
  readonly waitsForReplicas: boolean
}

/** The rules of a Redis user (`ACL SETUSER name on >password …`) that may do what this server does, and nothing else. */
export function requiredAclRules({ isCluster, streamKey, waitsForReplicas }: RedisUse): readonly string[] {
  const commands = [
    ...DATA_COMMAND_NAMES,
    ...(streamKey === null ? [] : STREAM_COMMAND_NAMES),
    ...(waitsForReplicas ? WAIT_COMMAND_NAMES : []),
    ...CLIENT_COMMANDS,
    ...(isCluster ? CLUSTER_COMMANDS : []),
  ]
  return [
    'resetkeys',
    '~walletgate:*',
    ...(streamKey === null ? [] : [`~${streamKey}`]),
    '-@all',
    ...commands.map((name) => `+${name}`),
  ]
}

/** Commands by which to ask. The first writes the scratch key, for ten seconds; where it is refused, the others would leave something. */
export function exampleCommands(
  key: string,
  { streamKey, waitsForReplicas }: Omit<RedisUse, 'isCluster'>,
): readonly [name: string, ...args: readonly string[]][] {
  const { set, ...others } = DATA_COMMANDS
  const example = ([name, args]: [string, Example]) => [name, ...args(key, `${key}:none`)] as const
  return [
    ['set', ...set(key)],
    ...Object.entries<Example>(others).map((entry) => [...example(entry)] as [string, ...string[]]),
    ...(streamKey === null ? [] : [['xadd', ...STREAM_COMMANDS.xadd(streamKey)] as [string, ...string[]]]),
    ...(waitsForReplicas ? [['wait', ...WAIT_COMMANDS.wait()] as [string, ...string[]]] : []),
  ]
}
