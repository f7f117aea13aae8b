import type { Redis } from 'ioredis'
import type { RedisAccess, RedisNode } from './connect-redis.ts'
import { Keys } from './keys.ts'
import { PREFIX } from './redis-stores.ts'
import { exampleCommands, type RedisUse } from './required-commands.ts'
import { type Spoken, withNode } from './with-node.ts'

/** What one Redis says of itself. Null: its user may not ask. */
export interface RedisNodeFacts {
  /** `INFO`, by its own names. */
  readonly info: Fields | null
  /** Settings that `INFO` does not tell. */
  readonly config: Fields | null
  /** `CLUSTER INFO`; null also where there is no cluster. */
  readonly cluster: Fields | null
  /** The nodes of its cluster that take writes. */
  readonly primaries: readonly RedisNode[]
  /** Of several questions the middle one, milliseconds. */
  readonly roundTripMs: number
  /** How far its clock is ahead of ours, milliseconds. */
  readonly clockAheadMs: number | null
  readonly refusals: Refusals
}

type Fields = Readonly<Record<string, string>>

/** What the user may not do and has to. */
export interface Refusals {
  readonly commands: readonly string[]
  /** Key patterns it may not touch. */
  readonly keys: readonly string[]
}

export interface InspectionTerms extends Omit<RedisUse, 'isCluster'> {
  readonly now: () => number
  /** For making the connection, milliseconds; every command has its own limit. */
  readonly connectMs: number
}

const PINGS = 5
const CONFIG_NAMES = ['appendfsync', 'save', 'min-replicas-to-write'] as const

/** Asks one Redis about itself, over a connection of its own. It writes one key under our prefix, which lives ten seconds. */
export async function inspectRedisNode(
  node: RedisNode,
  access: RedisAccess,
  terms: InspectionTerms,
): Promise<Spoken<RedisNodeFacts>> {
  return withNode(node, access, terms.connectMs, (client) => ask(client, terms))
}

async function ask(client: Redis, terms: InspectionTerms): Promise<RedisNodeFacts> {
  const info = await unlessRefused(() => client.info())
  const fields = info === null ? null : parseFields(info)
  const isClustered = fields?.['cluster_enabled'] === '1'
  const cluster = isClustered ? await unlessRefused(() => client.call('CLUSTER', 'INFO')) : null
  const slots = isClustered ? await unlessRefused(() => client.call('CLUSTER', 'SLOTS')) : null
  return {
    info: fields,
    config: await readConfig(client),
    cluster: typeof cluster === 'string' ? parseFields(cluster) : null,
    primaries: readPrimaries(slots),
    ...(await measure(client, terms.now)),
    refusals: await findRefusals(client, terms),
  }
}

/** Null where Redis answers with an error. What is no answer at all is thrown. */
async function unlessRefused<T>(command: () => Promise<T>): Promise<T | null> {
  try {
    return await command()
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return null
    throw error
  }
}

function parseFields(text: string): Fields {
  const lines = text.split('\r\n').filter((line) => line.includes(':'))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}

/** One name at a time, as Redis 6 wants it. */
async function readConfig(client: Redis): Promise<Fields | null> {
  const config: Record<string, string> = {}
  for (const name of CONFIG_NAMES) {
    const answer = await unlessRefused(() => client.call('CONFIG', 'GET', name))
    if (answer === null) return null
    // A map in RESP3, a list in RESP2.
    const value = Array.isArray(answer) ? answer.flat()[1] : Reflect.get(Object(answer), name)
    if (typeof value === 'string') config[name] = value
  }
  return config
}

/** `CLUSTER SLOTS`: ranges, each with its primary first. */
function readPrimaries(slots: unknown): readonly RedisNode[] {
  const found = new Map<string, RedisNode>()
  for (const range of Array.isArray(slots) ? slots : []) {
    const [host, port] = Array.isArray(range) && Array.isArray(range[2]) ? range[2] : []
    if (typeof host === 'string' && host !== '' && typeof port === 'number')
      found.set(`${host}:${port}`, { host, port })
  }
  return [...found.values()]
}

async function measure(client: Redis, now: () => number) {
  const times: number[] = []
  let clockAheadMs: number | null = null
  for (let turn = 0; turn < PINGS; turn += 1) {
    const [startedAt, sentAt] = [performance.now(), now()]
    const answer = await unlessRefused(() => client.time())
    times.push(performance.now() - startedAt)
    const [seconds, microseconds] = Array.isArray(answer) ? answer.map(Number) : []
    if (seconds === undefined || microseconds === undefined) continue
    clockAheadMs = seconds * 1000 + microseconds / 1000 - (sentAt + now()) / 2
  }
  return { roundTripMs: times.toSorted((a, b) => a - b)[Math.floor(PINGS / 2)] ?? 0, clockAheadMs }
}

async function findRefusals(client: Redis, use: Omit<RedisUse, 'isCluster'>): Promise<Refusals> {
  const commands: string[] = []
  const keys = new Set<string>()
  for (const [name, ...args] of exampleCommands(new Keys(PREFIX).scratch(), use)) {
    const refusal = await refusalOf(client, name, args)
    if (refusal === 'command') commands.push(name)
    if (refusal === 'key') keys.add(name === 'xadd' && use.streamKey !== null ? use.streamKey : `${PREFIX}:*`)
    // Without the scratch key, the others would write.
    if (name === 'set' && refusal !== null) break
  }
  return { commands, keys: [...keys] }
}

async function refusalOf(client: Redis, name: string, args: readonly string[]): Promise<'command' | 'key' | null> {
  try {
    await client.call(name, ...args)
    return null
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ReplyError') throw error
    // Every other error comes after Redis has looked at the user's rights.
    if (!error.message.startsWith('NOPERM')) return null
    return /permissions to run/i.test(error.message) ? 'command' : 'key'
  }
}
