import type { Redis } from 'ioredis'
import { connectOnce, type RedisAccess, type RedisNode } from './connect-redis.ts'
import { nameTrouble, type RedisTrouble } from './redis-trouble.ts'

/** What came of speaking with a node. */
export type Spoken<T> =
  | { readonly outcome: 'answered'; readonly value: T }
  | { readonly outcome: 'failed'; readonly trouble: RedisTrouble }

/** Speaks with one node over a connection of its own, which is closed afterwards. @param connectMs for making it, milliseconds */
export async function withNode<T>(
  node: RedisNode,
  access: RedisAccess,
  connectMs: number,
  speak: (client: Redis) => Promise<T>,
): Promise<Spoken<T>> {
  const client = connectOnce(node, access)
  try {
    await untilReady(client, connectMs)
    return { outcome: 'answered', value: await speak(client) }
  } catch (error) {
    return { outcome: 'failed', trouble: await nameTrouble(error instanceof Silence ? null : error, node, access) }
  } finally {
    client.disconnect()
  }
}

/** A connection that was made, and then nothing. */
class Silence extends Error {}

/** The first error is the answer: whoever looks for faults does not wait for another attempt. */
function untilReady(client: Redis, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let isConnected = false
    const timer = setTimeout(
      () => reject(isConnected ? new Silence() : Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' })),
      limitMs,
    )
    const settle = (act: () => void) => {
      clearTimeout(timer)
      act()
    }
    client.once('connect', () => {
      isConnected = true
    })
    client.once('ready', () => settle(resolve))
    client.once('error', (error: unknown) => settle(() => reject(error)))
    client.once('close', () => settle(() => reject(new Error('closed'))))
  })
}
