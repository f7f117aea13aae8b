import { once } from 'node:events'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { connectRedis } from '../../../core/stores/redis/connect-redis.ts'
import { type SentinelGroup, startSentinelGroup } from '../../support/redis-sentinel.ts'
import { until } from '../../support/redis-server.ts'
import { ACCESS } from './stores-under-test.ts'

describe('a client behind Sentinels', () => {
  const cleanUps: (() => unknown)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  })

  async function open(): Promise<{ readonly group: SentinelGroup; readonly client: Redis }> {
    const group = await startSentinelGroup()
    cleanUps.push(() => group.stop())
    const sentinels = group.sentinels.split(',').map((each) => {
      const [host = '', port] = each.split(':')
      return { host, port: Number(port) }
    })
    const client = connectRedis({ mode: 'sentinel', name: group.name, sentinels, access: ACCESS })
    if (!(client instanceof Redis)) throw new Error('not one primary')
    cleanUps.push(() => client.disconnect())
    await once(client, 'ready')
    return { group, client }
  }
  /** What ioredis does when a Sentinel says that there is another primary. */
  const tellOfFailover = (client: Redis) => Reflect.get(client, 'connector').disconnect()

  it('goes on when it is told of a failover while it is connecting', async () => {
    const { client } = await open()
    const states: string[] = []
    for (const state of ['close', 'end', 'ready']) client.on(state, () => states.push(state))
    client.once('connecting', () => tellOfFailover(client))
    client.disconnect(true)
    await until(() => states.includes('end'), 'the client was not ended')
    await until(() => client.status === 'ready', 'the client stays ended')
    expect(await client.ping()).toBe('PONG')
    expect(states).toEqual(['close', 'end', 'ready'])
  })

  it('does not go on when we close it', async () => {
    const { client } = await open()
    let begun = 0
    client.on('connecting', () => {
      begun += 1
    })
    client.disconnect()
    await once(client, 'end')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect([begun, client.status]).toEqual([0, 'end'])
  })
})
