import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import type { Challenge } from '../../../core/challenges/challenge.ts'
import { openRedisStores } from '../../../core/stores/redis/redis-stores.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { freePort, type RedisServer, startRedisCluster, startRedisServer } from '../../support/redis-server.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { ACCESS, accessTo, at, concurrently, newProjectId, START } from './stores-under-test.ts'

/** Longer than a command may take, and much shorter than a caller would wait. */
const BOUND_MS = 5_000

describe('Redis outage', () => {
  const cleanUps: (() => unknown)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  })

  const start = async (options: Parameters<typeof startRedisServer>[0] = {}): Promise<RedisServer> => {
    const server = await startRedisServer(options)
    cleanUps.push(() => server.stop())
    return server
  }
  const open = (url: string): Stores => {
    const stores = openRedisStores(accessTo(url))
    cleanUps.push(() => stores.close())
    return stores
  }
  const challengeOf = (projectId = newProjectId()): Challenge => ({
    projectId,
    purpose: 'fourmica.sign-in',
    subject: 'subject',
    handle: 'handle',
    nonce: 'nonce',
    issuedAt: START,
    expiresAt: at(300_000),
    context: {},
  })
  const everyAct = (stores: Stores): readonly (() => Promise<unknown>)[] => [
    () => stores.challenges.issue(challengeOf()),
    () => stores.challenges.find(challengeOf(), START),
    () => stores.challenges.consume(challengeOf()),
    () => stores.identities.findUser('p', 'u'),
    () => stores.identities.countUsers('p'),
    () => stores.sessions.find('p', 's', START),
    () => stores.sessions.revoke('p', 's', START),
    () => stores.sessions.revokeByRefreshToken('p', 's', 'h'),
    () => stores.sessions.list('p', 'u', START),
    () => stores.apiKeys.read(null),
    () => stores.apiKeys.revoke('key_1', START),
    () => stores.ping(),
  ]
  const expectOutage = async (stores: Stores): Promise<void> => {
    const began = performance.now()
    const outcomes = await Promise.allSettled(everyAct(stores).map((act) => act()))
    expect(performance.now() - began).toBeLessThan(BOUND_MS)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'AuthError', code: 'store_unavailable' } })
    }
  }
  const expectRecovery = (stores: Stores): Promise<void> =>
    expect
      .poll(
        () =>
          stores.ping().then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 10_000, interval: 50 },
      )
      .toBe('up')

  it('answers at once when there is no Redis yet, and works when there is', async () => {
    const port = await freePort()
    const stores = open(`redis://127.0.0.1:${port}`)
    await expectOutage(stores)
    await start({ port })
    await expectRecovery(stores)
  })

  it('waits for the first connection: the first command of a process works', async () => {
    const stores = open((await start()).url)
    expect(await stores.challenges.find(challengeOf(), START)).toBeNull()
  })

  it('answers at once when Redis goes, and works when it comes back on its port, scripts forgotten', async () => {
    const server = await start()
    const stores = open(server.url)
    const challenge = challengeOf()
    await stores.challenges.issue(challenge)
    expect(await stores.challenges.consume(challenge)).toBe(true)
    await server.stop()
    await expectOutage(stores)
    await expectOutage(stores)
    await start({ port: server.port })
    await expectRecovery(stores)
    await stores.challenges.issue(challenge)
    expect(await stores.challenges.consume(challenge)).toBe(true)
  })

  it('answers in bounded time when Redis hangs, and works when it goes on', async () => {
    const server = await start()
    const stores = open(server.url)
    await stores.ping()
    server.signal('SIGSTOP')
    await expectOutage(stores)
    await expectOutage(stores)
    server.signal('SIGCONT')
    await expectRecovery(stores)
  })

  it('carries out nothing later that it said had failed', async () => {
    const port = await freePort()
    const stores = open(`redis://127.0.0.1:${port}`)
    const challenge = challengeOf()
    const issued = await concurrently(20, () =>
      stores.challenges.issue(challenge).then(
        () => 'done',
        () => 'failed',
      ),
    )
    expect(new Set(issued)).toEqual(new Set(['failed']))
    await start({ port })
    await expectRecovery(stores)
    expect(await stores.challenges.find(challenge, START)).toBeNull()
  })

  it('does not carry out a second time what was carried out, and whose answer was lost', async () => {
    const server = await start()
    const proxy = await startTcpProxy(server.port)
    cleanUps.push(() => proxy.stop())
    const stores = open(`redis://127.0.0.1:${proxy.port}`)
    const challenge = challengeOf()
    await stores.challenges.issue(challenge)
    // Redis learns the script from the first use; the second is one command.
    await stores.challenges.consume({ ...challenge, nonce: 'another' })
    proxy.turn({ kind: 'cut', afterBytes: 0 })
    const began = performance.now()
    await expect(stores.challenges.consume(challenge)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(performance.now() - began).toBeLessThan(1_000)
    proxy.turn({ kind: 'clear' })
    await expectRecovery(stores)
    expect(await stores.challenges.find(challenge, START)).toBeNull()
  })

  it.each(['single', 'cluster'] as const)(
    'does not send a command again when its connection closes (%s)',
    async (mode) => {
      const cluster =
        mode === 'cluster'
          ? await startRedisCluster()
          : await start().then(({ port }) => ({ ports: [port], stop: () => {} }))
      cleanUps.push(() => cluster.stop())
      const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }))
      const [node = { host: '', port: 0 }] = nodes
      const stores = openRedisStores(
        mode === 'cluster' ? { mode, nodes, access: ACCESS } : { mode, node, access: ACCESS },
      )
      cleanUps.push(() => stores.close())
      const admins = cluster.ports.map((port) => new Redis({ port }))
      cleanUps.push(() => {
        for (const admin of admins) admin.disconnect()
      })
      const challenge = challengeOf()
      await stores.challenges.issue(challenge)

      await Promise.all(admins.map((admin) => admin.call('CLIENT', 'PAUSE', 3_000, 'WRITE')))
      const consumed = stores.challenges.consume(challenge).catch((error: unknown) => error)
      const held = async () =>
        (await Promise.all(admins.map((admin) => admin.client('LIST')))).some((list) => /flags=\w*b/.test(String(list)))
      await expect.poll(held, { timeout: 2_000, interval: 10 }).toBe(true)
      await Promise.all(admins.map((admin) => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')))
      expect(await consumed).toMatchObject({ code: 'store_unavailable' })
      await Promise.all(admins.map((admin) => admin.call('CLIENT', 'UNPAUSE')))
      await expectRecovery(stores)
      expect(await stores.challenges.find(challenge, START)).toEqual(challenge)
      expect(await stores.challenges.consume(challenge)).toBe(true)
    },
  )

  it.each([
    [
      'is a replica',
      'redis_readonly',
      (redis: Redis) => redis.replicaof('127.0.0.1', 1),
      (redis: Redis) => redis.replicaof('NO', 'ONE'),
    ],
    [
      'is full',
      'redis_oom',
      (redis: Redis) => redis.config('SET', 'maxmemory', '1'),
      (redis: Redis) => redis.config('SET', 'maxmemory', '0'),
    ],
    [
      'has too few replicas',
      'redis_noreplicas',
      (redis: Redis) => redis.config('SET', 'min-replicas-to-write', '1'),
      (redis: Redis) => redis.config('SET', 'min-replicas-to-write', '0'),
    ],
  ])('says that it cannot write when Redis %s, commands and scripts alike', async (_, reason, breakIt, mendIt) => {
    const server = await start()
    const redis = new Redis(server.url)
    cleanUps.push(() => redis.disconnect())
    const stores = open(server.url)
    const challenge = challengeOf()
    await stores.challenges.issue(challenge)
    await breakIt(redis)
    await expect(stores.ping()).rejects.toMatchObject({ code: 'store_unavailable', reason })
    const writes = () =>
      stores.sessions.open(
        {
          id: 's',
          projectId: 'p',
          userId: 'u',
          door: 'fourmica',
          factors: [],
          device: null,
          createdAt: START,
          lastActiveAt: START,
          expiresAt: at(1000),
        },
        null,
      )
    await expect(writes()).rejects.toMatchObject({ code: 'store_unavailable' })
    await mendIt(redis)
    await expectRecovery(stores)
    await writes()
  })

  it('keeps the command and its arguments out of the error', async () => {
    const server = await start()
    const redis = new Redis(server.url)
    cleanUps.push(() => redis.disconnect())
    const stores = open(server.url)
    await redis.set('walletgate:{p|s}:session', 'not a hash')
    const error: unknown = await stores.sessions.revokeByRefreshToken('p', 's', 'secret-hash').catch((caught) => caught)
    expect(error).toMatchObject({ reason: 'redis_wrongtype', cause: { name: 'ReplyError' } })
    expect(
      JSON.stringify(error, [...Object.getOwnPropertyNames(error), 'cause', 'message', 'command', 'args']),
    ).not.toContain('secret-hash')
    expect((error as Error).cause).not.toHaveProperty('command')
  })

  it('answers in bounded time when a cluster goes, and works when it is back', async () => {
    const cluster = await startRedisCluster()
    cleanUps.push(() => cluster.stop())
    const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }))
    const stores = openRedisStores({ mode: 'cluster', nodes, access: ACCESS })
    cleanUps.push(() => stores.close())
    await stores.ping()
    cluster.signal('SIGSTOP')
    await expectOutage(stores)
    await expectOutage(stores)
    cluster.signal('SIGCONT')
    await expectRecovery(stores)
    const challenge = challengeOf()
    await stores.challenges.issue(challenge)
    expect(await stores.challenges.consume(challenge)).toBe(true)
  })

  it('answers at once when there is no cluster', async () => {
    const nodes = [{ host: '127.0.0.1', port: await freePort() }]
    const stores = openRedisStores({ mode: 'cluster', nodes, access: ACCESS })
    cleanUps.push(() => stores.close())
    await expectOutage(stores)
    await expectOutage(stores)
  })
})
