import { createHash } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { AuthError } from '../../errors.ts'

/** What a script answers: we return only integers and flat lists of strings. */
type Answer = number | string | readonly string[]

/** One command or one script at a time against Redis; every failure is AuthError('store_unavailable'). */
export class RedisSteps {
  readonly client: Redis | Cluster
  readonly #hashes = new Map<string, string>()

  constructor(client: Redis | Cluster) {
    this.client = client
  }

  /** Runs a command. @throws {AuthError} `store_unavailable` */
  async ask<T>(command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    try {
      return await command(this.client)
    } catch (error) {
      throw new AuthError('store_unavailable', reasonOf(error), error)
    }
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

  #hashOf(script: string): string {
    let hash = this.#hashes.get(script)
    if (hash === undefined) {
      hash = createHash('sha1').update(script).digest('hex')
      this.#hashes.set(script, hash)
    }
    return hash
  }
}

/** Names and values in turn, as an object without a prototype. */
export function fieldsOf(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (let index = 0; index + 1 < flat.length; index += 2) fields[flat[index] ?? ''] = flat[index + 1] ?? ''
  return fields
}

/** The kind of outage, for the log: Redis's own first word, or what the client met. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const word =
    /^(OOM|READONLY|LOADING|BUSY|CLUSTERDOWN|MASTERDOWN|MISCONF|NOAUTH|NOPERM|NOREPLICAS|TRYAGAIN|WRONGPASS)\b/.exec(
      message,
    )
  if (word?.[1] !== undefined) return `redis_${word[1].toLowerCase()}`
  return /timed out/i.test(message) ? 'redis_timeout' : 'redis_unreachable'
}
