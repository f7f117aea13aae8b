import { beforeAll, describe, expect, it } from 'vitest'
import { moveSlots } from '../support/move-slots.ts'
import {
  ask,
  hasReplica,
  type RedisCluster,
  type RedisServer,
  startRedisCluster,
  until,
} from '../support/redis-server.ts'
import { type Gateways, useGateways } from './support/gateways.ts'
import { ROUNDS, timeFor } from './support/rounds.ts'

/** How many slots move in one round: enough that keys in use are among them. */
const SLOTS_MOVED = 400

describe('a Redis Cluster', () => {
  const { start, cleanUp } = useGateways('file')
  let cluster: RedisCluster
  let gateways: Gateways
  beforeAll(async () => {
    cluster = await startRedisCluster({ hasReplicas: true, args: ['--cluster-node-timeout', '1000'] })
    cleanUp(() => cluster.stop())
    const nodes = cluster.ports.map((port) => `127.0.0.1:${port}`).join(',')
    gateways = await start({ REDIS_URL: '', REDIS_CLUSTER_NODES: nodes, REDIS_WAIT_REPLICAS: '1' })
  })

  it('slots move to another node', { timeout: timeFor(10) }, async () => {
    const workload = await gateways.work()
    for (let round = 0; round < ROUNDS; round += 1) {
      const [from = 0, to = 0] = round % 2 === 0 ? cluster.ports : cluster.ports.slice(0, 2).reverse()
      expect(await moveSlots(from, to, SLOTS_MOVED)).toBeGreaterThan(0)
      await workload.recovers()
    }
    await workload.endsWell()
  })

  it('a primary is killed, and comes back as a replica', { timeout: timeFor(20) }, async () => {
    const workload = await gateways.work()
    for (let round = 0; round < ROUNDS; round += 1) {
      const primaries = await primariesOf(cluster)
      const killed = primaries[round % primaries.length]
      await killed?.kill()
      await workload.history.more('outage', 9)
      // Not sooner: what comes back empty before a replica has taken its place is a primary without data, and the replica follows it.
      await until(async () => (await primariesOf(cluster)).length === primaries.length, 'no replica took over')
      await killed?.restart()
      const isWhole = async () => {
        const present = await primariesOf(cluster)
        const followed = await Promise.all(present.map(({ port }) => hasReplica(port)))
        return present.length === primaries.length && followed.every((each) => each)
      }
      await until(isWhole, 'what was killed did not become a replica')
      await gateways.ready()
      await workload.recovers()
    }
    await workload.endsWell()
  })
})

/** Those of its servers that are primaries now. */
async function primariesOf({ servers }: RedisCluster): Promise<readonly RedisServer[]> {
  const roles = await Promise.all(servers.map(({ port }) => ask(port, 'ROLE')))
  return servers.filter((_, index) => roles[index]?.includes('master'))
}
