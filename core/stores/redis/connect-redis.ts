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
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

/** How every node is spoken to. With Sentinel it is for the nodes that hold data. */
export interface RedisAccess {
  readonly username: string | null
  readonly password: string | null
  /** Always 0 in a cluster. */
  readonly db: number
  readonly tls: boolean
}

/** A store that does not answer within this is down for this request, milliseconds. */
const COMMAND_TIMEOUT_MS = 2_000
/** A connection on which an answer is due for this long is dead, whatever TCP thinks of it; a new one is made. */
const SOCKET_TIMEOUT_MS = 3_000
const CONNECT_TIMEOUT_MS = 2_000
const MAX_RECONNECT_DELAY_MS = 1_000
const RESTART_DELAY_MS = 50

/*
 * With auto-pipelining, commands of one turn of the event loop travel together: seven commands of a sign-in cost 71 µs instead
 * of 83 with 16 sign-ins at a time, and 61 instead of 66 with 64. In a cluster it costs more than it saves (147 instead of 120).
 */

/** A client that connects by itself, now and after every loss, for ever; commands fail at once while there is no connection. */
export function connectRedis(connection: RedisConnection): Redis | Cluster {
  const client = createClient(connection)
  // Without a listener an outage would end the process. Every command that fails says so to its caller.
  client.on('error', () => {})
  beginAgain(client)
  return client
}

/** A client for one conversation with one node: it makes no second connection, whatever it hears. */
export function connectOnce(node: RedisNode, access: RedisAccess): Redis {
  const client = new Redis({ ...optionsFor(access), ...node, retryStrategy: () => null, reconnectOnError: null })
  client.on('error', () => {})
  return client
}

/**
 * Told of a failover while it is connecting, the client behind Sentinels ends for good, as if it had been closed (ioredis 6.0.0). It is
 * begun again, until it is closed by us.
 */
function beginAgain(client: Redis | Cluster): void {
  const disconnect = client.disconnect.bind(client)
  let isClosed = false
  client.disconnect = (reconnect = false) => {
    if (!reconnect) isClosed = true
    disconnect(reconnect)
  }
  client.on('end', () => {
    const connect = () => {
      if (!isClosed) client.connect().catch(() => {})
    }
    setTimeout(connect, RESTART_DELAY_MS)
  })
}

function createClient(connection: RedisConnection): Redis | Cluster {
  const { access } = connection
  const options = optionsFor(access)
  switch (connection.mode) {
    case 'single':
      return new Redis({ ...options, ...connection.node, enableAutoPipelining: true })
    case 'sentinel':
      return new Redis({
        ...options,
        enableAutoPipelining: true,
        sentinels: [...connection.sentinels],
        name: connection.name,
        sentinelRetryStrategy: reconnectDelay,
        sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
        failoverDetector: true,
        // `tls` alone is ignored behind Sentinel: data and password would travel in clear.
        ...(access.tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
      })
    case 'cluster':
      return new Cluster([...connection.nodes], {
        redisOptions: options,
        clusterRetryStrategy: reconnectDelay,
        // Nodes are connected when they are first needed; without this, what is asked meanwhile would fail.
        enableOfflineQueue: true,
        // 0: never send a command again after its connection closed or while slots are uncovered. Redirections (MOVED, ASK,
        // TRYAGAIN) are followed: a node that redirects has not carried the command out.
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        maxRedirections: 8,
        // With TLS the certificate is for the name, not for the address it stands for.
        ...(access.tls ? { dnsLookup: keepName } : {}),
      })
  }
}

function optionsFor({ username, password, db, tls }: RedisAccess) {
  return {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    db,
    connectionName: 'walletgate',
    disableClientInfo: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    // A command that waited for a connection would be carried out after its caller had been told that it failed.
    enableOfflineQueue: false,
    // A command whose answer was lost may have been carried out. Sending it again would turn "taken by you" into "taken by
    // somebody else"; the request fails instead, and is decided anew.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: reconnectDelay,
    // After a failover the old primary answers READONLY until the connection is made anew. In scripts of Redis 6 the word
    // stands further back.
    reconnectOnError: (error: Error) => error.message.includes('READONLY'),
  } as const
}

/** 50 ms at first, doubled with each attempt, up to a second: replicas of a gateway find a new primary soon after it is up. */
function reconnectDelay(attempt: number): number {
  return Math.min(25 * 2 ** Math.min(attempt, 6), MAX_RECONNECT_DELAY_MS)
}

function keepName(name: string, done: (error: null, address: string) => void): void {
  done(null, name)
}
