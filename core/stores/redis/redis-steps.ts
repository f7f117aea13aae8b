import { createHash } from 'node:crypto'
import { Cluster, type Redis } from 'ioredis'
import { AuthError } from '../../errors.ts'

/** What a script answers: we return only integers and flat lists of strings. */
type Answer = number | string | readonly string[]

/** One command or one script at a time against Redis; every failure is AuthError('store_unavailable'). */
export class RedisSteps {
  readonly client: Redis | Cluster
  readonly #hashes = new Map<string, string>()
  /** Settles with the first attempt to connect; after it nobody waits. */
  readonly #firstAttempt: Promise<void>

  constructor(client: Redis | Cluster) {
    this.client = client
    this.#firstAttempt = waitForFirstAttempt(client)
  }

  /** Runs a command; without a connection it is not sent, now or later. @throws {AuthError} `store_unavailable` */
  async ask<T>(command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    if (this.client.status !== 'ready') await this.#requireConnection()
    try {
      return await command(this.client)
    } catch (error) {
      throw new AuthError('store_unavailable', reasonOf(error), withoutCommand(error))
    }
  }

  async #requireConnection(): Promise<void> {
    await this.#firstAttempt
    if (this.client.status !== 'ready') throw new AuthError('store_unavailable', 'redis_unreachable')
  }

  /** Runs a script over keys of one hash tag. @throws {AuthError} `store_unavailable` */
  async run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<Answer> {
    return this.ask(async (client) => {
      try {
        return (await client.evalsha(this.#hashOf(script), keys.length, ...keys, ...args)) as Answer
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return (await client.eval(script, keys.length, ...keys, ...args)) as Answer
      }
    })
  }

  async runForFlag(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<boolean> {
    return (await this.run(script, keys, args)) === 1
  }

  /** For scripts that answer a hash: its fields, none when there is no hash. */
  async runForFields(script: string, keys: readonly string[], args: readonly (string | number)[]) {
    const answer = await this.run(script, keys, args)
    return fieldsOf(Array.isArray(answer) ? answer : [])
  }

  /**
   * Some of the keys that match, on any node, and where to go on; every key that stays is met at least once.
   * @param cursor null for the first step
   */
  async scan(
    pattern: string,
    cursor: string | null,
    count: number,
  ): Promise<{ readonly keys: readonly string[]; readonly next: string | null }> {
    return this.ask(async (client) => {
      const nodes = client instanceof Cluster ? client.nodes('master') : [client]
      const ordered = nodes.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
      const [index = 0, position = '0'] = cursor === null ? [] : splitCursor(cursor)
      const [next, keys] = await requireNode(ordered, index).scan(position, 'MATCH', pattern, 'COUNT', count)
      if (next !== '0') return { keys, next: `${index}:${next}` }
      return { keys, next: index + 1 < ordered.length ? `${index + 1}:0` : null }
    })
  }

  #hashOf(script: string): string {
    let hash = this.#hashes.get(script)
    if (hash === undefined) {
      hash = createHash('sha1').update(script).digest('hex')
      this.#hashes.set(script, hash)
    }
    return hash
  }
}

function nameOf({ options }: Redis): string {
  return `${options.host}:${options.port}`
}

function splitCursor(cursor: string): [index: number, position: string] {
  const colon = cursor.indexOf(':')
  return [Number(cursor.slice(0, colon)), cursor.slice(colon + 1)]
}

function requireNode(nodes: readonly Redis[], index: number): Redis {
  const node = nodes[index]
  if (node === undefined) throw new Error('the cluster has fewer nodes than before')
  return node
}

/** Names and values in turn, as an object without a prototype. */
export function fieldsOf(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (let index = 0; index + 1 < flat.length; index += 2) fields[flat[index] ?? ''] = flat[index + 1] ?? ''
  return fields
}

/** How long the first commands wait for a client that has just begun to connect, milliseconds. */
const FIRST_ATTEMPT_MS = 2_000

function waitForFirstAttempt(client: Redis | Cluster): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer)
      for (const event of ['ready', 'close', 'end']) client.off(event, settle)
      resolve()
    }
    const timer = setTimeout(settle, FIRST_ATTEMPT_MS).unref()
    for (const event of ['ready', 'close', 'end']) client.once(event, settle)
  })
}

const REDIS_WORDS =
  /\b(OOM|READONLY|LOADING|BUSY|CLUSTERDOWN|MASTERDOWN|MISCONF|NOAUTH|NOPERM|NOREPLICAS|TRYAGAIN|WRONGPASS|WRONGTYPE)\b/

/** The kind of outage, for the log: Redis's own word for it, or what the client met. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'redis_failed'
  const word = REDIS_WORDS.exec(error.message)?.[1]
  if (word !== undefined) return `redis_${word.toLowerCase()}`
  if (/timed out/i.test(error.message)) return 'redis_timeout'
  return error.name === 'ReplyError' ? 'redis_refused' : 'redis_unreachable'
}

/** The error without the command and its arguments, which hold sessions. */
function withoutCommand(error: unknown): unknown {
  if (error instanceof Error) Reflect.deleteProperty(error, 'command')
  return error
}
