import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { post, prove, signIn } from '../e2e/support/client.ts'
import type { Env } from '../e2e/support/program.ts'
import { type SentinelGroup, startSentinelGroup } from '../support/redis-sentinel.ts'
import { hasReplica, startRedisServer, until } from '../support/redis-server.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { useGateways } from './support/gateways.ts'
import { ROUNDS, timeFor } from './support/rounds.ts'

describe('a failover by Sentinels', () => {
  const { start, cleanUp } = useGateways()

  async function startGroup(replicas: number): Promise<{ readonly group: SentinelGroup; readonly env: Env }> {
    const group = await startSentinelGroup({ replicas })
    cleanUp(() => group.stop())
    return { group, env: { REDIS_URL: '', REDIS_SENTINELS: group.sentinels, REDIS_SENTINEL_NAME: group.name } }
  }

  /** From now on the primary's replicas learn nothing new, and cannot come back to it. */
  async function cutOffReplicas({ primary }: SentinelGroup): Promise<void> {
    const admin = new Redis(primary.url)
    await admin.config('SET', 'requirepass', 'unknown to the replicas')
    await admin.call('CLIENT', 'KILL', 'TYPE', 'replica')
    admin.disconnect()
  }

  it('the primary is killed, REDIS_WAIT_REPLICAS is set', { timeout: timeFor(20) }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { group, env } = await startGroup(2)
      const gateways = await start({ ...env, REDIS_WAIT_REPLICAS: '1' })
      const workload = await gateways.work()
      const { port } = group.primary
      await group.primary.stop()
      await workload.history.more('outage', 9)
      const promoted = await group.failedOver(port)
      await until(() => hasReplica(promoted), 'the other replica did not follow')
      await gateways.ready()
      await workload.recovers()
      await workload.endsWell()
    }
  })

  it('the primary is killed before its replica heard of the last moments', { timeout: timeFor(20) }, async () => {
    const { group, env } = await startGroup(1)
    const { ports, ready } = await start(env, { count: 1 })
    const [port = 0] = ports
    const early = await signIn(port, newEthereumWallet())
    const proof = await prove(port, newEthereumWallet())
    const admin = new Redis(group.primary.url)
    expect(await admin.wait(1, 5_000)).toBe(1)
    admin.disconnect()
    await cutOffReplicas(group)

    expect((await post(port, '/auth/verify', proof)).status).toBe(200)
    expect((await post(port, '/auth/verify', proof)).status).toBe(401)
    const { port: killed } = group.primary
    await group.primary.stop()
    await group.failedOver(killed)
    await ready()
    // What had reached the replica is there. What had not is undone, and this is why REDIS_WAIT_REPLICAS exists: the same
    // signature is accepted a second time.
    expect((await post(port, '/auth/refresh', { refresh_token: early.refresh_token })).status).toBe(200)
    expect((await post(port, '/auth/verify', proof)).status).toBe(200)
    expect((await post(port, '/auth/verify', proof)).status).toBe(401)
  })

  it('the primary is killed before its replica heard of the last moments, REDIS_WAIT_REPLICAS is set', {
    timeout: timeFor(20),
  }, async () => {
    const { group, env } = await startGroup(1)
    const { ports } = await start({ ...env, REDIS_WAIT_REPLICAS: '1' }, { count: 1 })
    const [port = 0] = ports
    const early = await signIn(port, newEthereumWallet())
    const proof = await prove(port, newEthereumWallet())
    const admin = new Redis(group.primary.url)
    expect(await admin.wait(1, 5_000)).toBe(1)
    admin.disconnect()
    await cutOffReplicas(group)

    // Decided, and not certain: nobody is told that it succeeded, so nothing that was told is undone.
    const first = await post(port, '/auth/verify', proof)
    expect([first.status, first.headers.get('retry-after')]).toEqual([500, '1'])
    expect((await post(port, '/auth/logout', { refresh_token: early.refresh_token })).status).toBe(500)
    const { port: killed } = group.primary
    await group.primary.stop()
    const promoted = await group.failedOver(killed)
    // Alone it could lose everything again: it serves once it has a replica.
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503)
    const replica = await startRedisServer({ args: ['--replicaof', `127.0.0.1 ${promoted}`] })
    cleanUp(() => replica.stop())
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status, { timeout: 15_000 })
      .toBe(200)
    expect((await post(port, '/auth/verify', proof)).status).toBe(200)
    expect((await post(port, '/auth/verify', proof)).status).toBe(401)
    expect((await post(port, '/auth/refresh', { refresh_token: early.refresh_token })).status).toBe(200)
  })
})
