import { Cluster, Redis } from 'ioredis'

/** Where Redis is. `access` applies to every node that holds data. */
export type RedisConnection =
  | { readonly mode: 'single'; readonly node: RedisNode; readonly access: RedisAccess }
  | {
      readonly mode: 'sentinel'
      readonly name: string
      readonly sentinels: readonly RedisNode[]
      readonly access: RedisAccess
    }
  | { readonly mode: 'cluster'; readonly nodes: readonly RedisNode[]; readonly access: RedisAccess }

export interface RedisNode {
  readonly host: string
  readonly port: number
}

export interface RedisAccess {
  readonly username: string | null
  readonly password: string | null
  readonly db: number
  readonly tls: boolean
}

/** A store that does not answer within this is down for this request, milliseconds. */
const COMMAND_TIMEOUT_MS = 2_000
const CONNECT_TIMEOUT_MS = 2_000
const MAX_RECONNECT_DELAY_MS = 1_000

/** A client that connects by itself, now and after every loss, for ever; commands fail at once while there is no connection. */
export function connectRedis(connection: RedisConnection): Redis | Cluster {
  const client = createClient(connection)
  // Without a listener an outage would end the process. Every command that fails says so to its caller.
  client.on('error', () => {})
  return client
}

function createClient(connection: RedisConnection): Redis | Cluster {
  const options = optionsFor(connection.access)
  switch (connection.mode) {
    case 'single':
      return new Redis({ ...options, ...connection.node, enableAutoPipelining: true })
    case 'sentinel':
      return new Redis({
        ...options,
        sentinels: [...connection.sentinels],
        name: connection.name,
        sentinelRetryStrategy: reconnectDelay,
        failoverDetector: true,
        enableAutoPipelining: true,
      })
    case 'cluster':
      return new Cluster([...connection.nodes], {
        redisOptions: options,
        clusterRetryStrategy: reconnectDelay,
        enableOfflineQueue: true,
        retryDelayOnFailover: 200,
        retryDelayOnClusterDown: 200,
        maxRedirections: 8,
      })
  }
}

function optionsFor({ username, password, db, tls }: RedisAccess) {
  return {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    db,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    // A command whose answer was lost may have been carried out. Sending it again would turn "taken by you" into "taken by
    // somebody else"; the request fails instead, and is decided anew.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: reconnectDelay,
    // After a failover the old primary answers READONLY until the connection is made anew.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } as const
}

function reconnectDelay(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), MAX_RECONNECT_DELAY_MS)
}
