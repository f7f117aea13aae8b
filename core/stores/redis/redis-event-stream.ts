import { connectRedis, type RedisConnection } from './connect-redis.ts'
import { RedisSteps } from './redis-steps.ts'

/** Texts in the order they came, in Redis. */
export interface EventStream {
  /** Adds all of them; when it throws, some may have been added. @throws {AuthError} `store_unavailable` */
  append(texts: readonly string[]): Promise<void>
  close(): Promise<void>
}

/**
 * A Redis stream of about so many newest entries, each with one field, `event`. Over a connection of its own: what is kept for the record
 * does not hold up what somebody waits for.
 */
export function openRedisEventStream(
  connection: RedisConnection,
  { key, maxLength }: { readonly key: string; readonly maxLength: number },
): EventStream {
  const client = connectRedis(connection)
  const steps = new RedisSteps(client)
  return {
    async append(texts) {
      await steps.ask((redis) =>
        Promise.all(texts.map((text) => redis.xadd(key, 'MAXLEN', '~', maxLength, '*', 'event', text))),
      )
    },
    async close() {
      client.disconnect()
    },
  }
}
