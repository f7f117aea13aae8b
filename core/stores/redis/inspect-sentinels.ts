import type { Redis } from 'ioredis'
import type { RedisAccess, RedisNode } from './connect-redis.ts'
import type { RedisTrouble } from './redis-trouble.ts'
import { withNode } from './with-node.ts'

/** What one Sentinel says about a group. */
export type SentinelFinding =
  | { readonly node: RedisNode; readonly outcome: 'failed'; readonly trouble: RedisTrouble }
  | {
      readonly node: RedisNode
      readonly outcome: 'answered'
      /** Null: it watches no group of this name. */
      readonly primary: RedisNode | null
      /** Whether enough Sentinels see each other to fail over. */
      readonly hasQuorum: boolean
    }

/** Asks each Sentinel, side by side. As the server itself, with TLS or without, and without a password. */
export function inspectSentinels(
  {
    sentinels,
    name,
    access,
  }: { readonly sentinels: readonly RedisNode[]; readonly name: string; readonly access: RedisAccess },
  connectMs: number,
): Promise<readonly SentinelFinding[]> {
  const bare = { username: null, password: null, db: 0, tls: access.tls }
  return Promise.all(
    sentinels.map(async (node): Promise<SentinelFinding> => {
      const spoken = await withNode(node, bare, connectMs, (client) => askAbout(client, name))
      return spoken.outcome === 'failed' ? { node, ...spoken } : { node, outcome: 'answered', ...spoken.value }
    }),
  )
}

async function askAbout(client: Redis, name: string) {
  const address = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)
  const [host, port] = Array.isArray(address) ? address.map(String) : []
  const primary = host === undefined || port === undefined ? null : { host, port: Number(port) }
  return { primary, hasQuorum: primary !== null && (await hasQuorum(client, name)) }
}

async function hasQuorum(client: Redis, name: string): Promise<boolean> {
  try {
    await client.call('SENTINEL', 'CKQUORUM', name)
    return true
  } catch (error) {
    if (error instanceof Error && /^NOQUORUM/.test(error.message)) return false
    throw error
  }
}
