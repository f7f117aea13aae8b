import { ask, REPLICATE_AT_ONCE, type RedisServer, startRedisServer, until } from './redis-server.ts'

export interface SentinelGroup {
  readonly name: string
  /** As `REDIS_SENTINELS` takes them. */
  readonly sentinels: string
  readonly primary: RedisServer
  readonly replicas: readonly RedisServer[]
  /** The port of whoever is primary now, as the Sentinels say. */
  primaryPort(): Promise<number>
  /** Resolves when the Sentinels name another primary than this. */
  failedOver(from: number): Promise<number>
  stop(): Promise<void>
}

const NAME = 'walletgate'
const DOWN_AFTER_MS = 1_000

/** A primary with replicas, and three Sentinels of whom two must agree that it is down. */
export async function startSentinelGroup(
  options: { readonly replicas?: number; readonly args?: readonly string[] } = {},
): Promise<SentinelGroup> {
  const { replicas: count = 1 } = options
  const args = [...REPLICATE_AT_ONCE, ...(options.args ?? [])]
  const primary = await startRedisServer({ args })
  const following = [...args, '--replicaof', `127.0.0.1 ${primary.port}`]
  const replicas = await Promise.all(Array.from({ length: count }, () => startRedisServer({ args: following })))
  const isLinked = async () =>
    new RegExp(`connected_slaves:${count}\\r`).test(await ask(primary.port, 'INFO replication')) &&
    (await Promise.all(replicas.map(({ port }) => ask(port, 'INFO replication')))).every((each) =>
      each.includes('master_link_status:up'),
    )
  await until(isLinked, 'the replicas did not link')

  const config = [
    `sentinel monitor ${NAME} 127.0.0.1 ${primary.port} 2`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 5000`,
    '',
  ].join('\n')
  const sentinels = await Promise.all([1, 2, 3].map(() => startRedisServer({ config, args: ['--sentinel'] })))
  const first = sentinels[0]?.port ?? 0
  const knowsAll = async () => {
    const seen = await Promise.all(sentinels.map(({ port }) => ask(port, `SENTINEL MASTER ${NAME}`)))
    const says = (text: string, field: string, value: number) =>
      new RegExp(`\\r\\n${field}\\r\\n\\$\\d+\\r\\n${value}\\r\\n`).test(text)
    return seen.every((text) => says(text, 'num-other-sentinels', 2) && says(text, 'num-slaves', count))
  }
  await until(knowsAll, 'the Sentinels did not find each other')

  const primaryPort = async () =>
    Number(/\$\d+\r\n(\d+)\r\n$/.exec(await ask(first, `SENTINEL GET-MASTER-ADDR-BY-NAME ${NAME}`))?.[1])
  return {
    name: NAME,
    sentinels: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(','),
    primary,
    replicas,
    primaryPort,
    async failedOver(from) {
      await until(async () => (await primaryPort()) !== from, 'the Sentinels chose nobody else')
      return primaryPort()
    },
    stop: async () => void (await Promise.all([...sentinels, ...replicas, primary].map((each) => each.stop()))),
  }
}
