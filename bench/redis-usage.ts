import { Redis } from 'ioredis'
import { startRedisServer } from '../test/support/redis-server.ts'

/** What a Redis took since it started; memory and keys as they are now. */
export interface RedisUsage {
  readonly cpuMicroseconds: number
  readonly bytesReceived: number
  readonly bytesSent: number
  /** Commands of clients, those inside scripts included, without our own questions. */
  readonly commands: number
  readonly keys: number
  readonly memoryBytes: number
  /** Errors by their first word: `CROSSSLOT`, `MOVED`. */
  readonly errors: Readonly<Record<string, number>>
}

export interface WatchedRedis {
  usage(): Promise<RedisUsage>
  close(): void
}

/** Asks the Redis on this port what it took. */
export function watchRedis(port: number): WatchedRedis {
  const client = new Redis({ host: '127.0.0.1', port, disableClientInfo: true })
  return {
    async usage() {
      const info = await client.info('everything')
      const number = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0)
      const calls = [...info.matchAll(/^cmdstat_(?!info|cluster|ping|config|hello|client)[\w|]+:calls=(\d+)/gm)]
      const errors = [...info.matchAll(/^errorstat_(\w+):count=(\d+)/gm)]
      return {
        cpuMicroseconds: 1_000_000 * (number('used_cpu_user') + number('used_cpu_sys')),
        bytesReceived: number('total_net_input_bytes'),
        bytesSent: number('total_net_output_bytes'),
        commands: calls.reduce((sum, [, count]) => sum + Number(count), 0),
        keys: Number(/^db0:keys=(\d+)/m.exec(info)?.[1] ?? 0),
        memoryBytes: number('used_memory'),
        errors: Object.fromEntries(errors.map(([, name, count]) => [name, Number(count)])),
      }
    },
    close: () => client.disconnect(),
  }
}

/** The version of the Redis that the benchmarks start. */
export async function redisVersion(): Promise<string> {
  const server = await startRedisServer()
  const client = new Redis(server.url)
  try {
    return /^redis_version:(\S+)/m.exec(await client.info('server'))?.[1] ?? 'unknown'
  } finally {
    client.disconnect()
    await server.stop()
  }
}
