import { once } from 'node:events'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import type { Challenge } from '../../../core/challenges/challenge.ts'
import type { Session } from '../../../core/sessions/session.ts'
import { createMemoryStores } from '../../../core/stores/memory/memory-stores.ts'
import { confirmActs } from '../../../core/stores/redis/confirm-acts.ts'
import { openRedisStores } from '../../../core/stores/redis/redis-stores.ts'
import { ReplicaBarrier } from '../../../core/stores/redis/replica-barrier.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { REPLICATE_AT_ONCE, type RedisServer, startRedisServer, until } from '../../support/redis-server.ts'
import { accessTo, at, concurrently, newProjectId, START, winners } from './stores-under-test.ts'

/** What does not wait for replicas: it only reads, or losing it harms nobody. */
const LEFT_OUT = [
  'apiKeys.read',
  'challenges.find',
  'challenges.issue',
  'identities.countUsers',
  'identities.findContact',
  'identities.findCredential',
  'identities.findPasskey',
  'identities.findReservation',
  'identities.findUser',
  'identities.findWallet',
  'identities.isHeld',
  'identities.listCredentials',
  'identities.listPendingUserIds',
  'identities.listUserIds',
  'imports.findPresence',
  'imports.hasOpenedSession',
  'keys.find',
  'outbox.claim',
  'outbox.complete',
  'outbox.count',
  'outbox.postpone',
  'sessions.find',
  'sessions.list',
]

describe('acts that wait for replicas', () => {
  const cleanUps: (() => unknown)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  })

  async function startAlone(args: readonly string[] = []): Promise<RedisServer> {
    const server = await startRedisServer({ args: [...REPLICATE_AT_ONCE, ...args] })
    cleanUps.push(() => server.stop())
    return server
  }
  async function openPair(): Promise<{ readonly stores: Stores; readonly replica: RedisServer }> {
    const primary = await startAlone()
    const replica = await startAlone(['--replicaof', `127.0.0.1 ${primary.port}`])
    const stores = openRedisStores(accessTo(primary.url), { waitReplicas: 1 })
    cleanUps.push(() => stores.close())
    await untilConfirmed(stores)
    return { stores, replica }
  }
  const untilConfirmed = (stores: Stores) => {
    const isConfirmed = () =>
      stores.ping().then(
        () => true,
        () => false,
      )
    return until(isConfirmed, 'a replica is there, and nothing is confirmed')
  }
  const challenge: Challenge = {
    projectId: newProjectId(),
    purpose: 'fourmica.sign-in',
    subject: 'subject',
    handle: 'handle',
    nonce: 'nonce',
    issuedAt: START,
    expiresAt: at(300_000),
    context: {},
  }
  const session: Session = {
    id: 's',
    projectId: challenge.projectId,
    userId: 'u',
    door: 'fourmica',
    factors: [],
    device: null,
    createdAt: START,
    lastActiveAt: START,
    expiresAt: at(300_000),
  }

  it('answer as ever while replicas answer, many at once', async () => {
    const { stores } = await openPair()
    await stores.challenges.issue(challenge)
    expect(winners(await concurrently(50, () => stores.challenges.consume(challenge)))).toBe(1)
  })

  it('are not confirmed when no replica answers, and reads are not concerned', async () => {
    const { stores, replica } = await openPair()
    await stores.challenges.issue(challenge)
    await stores.sessions.open(session, null)
    replica.signal('SIGSTOP')
    const acts = [
      () => stores.challenges.consume(challenge),
      () => stores.sessions.revoke(session.projectId, session.id, START),
      () => stores.keys.replace({ projectId: session.projectId, door: 'moonkey', keys: [] }, 0),
      () => stores.ping(),
    ]
    for (const outcome of await Promise.allSettled(acts.map((act) => act()))) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'store_unavailable', reason: 'redis_unconfirmed' },
      })
    }
    // It is done, and was not promised.
    expect(await stores.challenges.find(challenge, START)).toBeNull()
    expect(await stores.sessions.find(session.projectId, session.id, START)).toBeNull()
    replica.signal('SIGCONT')
    await untilConfirmed(stores)
  })

  it('leave the connection to others while no replica answers', async () => {
    const { stores, replica } = await openPair()
    replica.signal('SIGSTOP')
    let isOver = false
    const acts = Array.from({ length: 5 }, (_, index) =>
      new Promise((resolve) => setTimeout(resolve, 100 * index)).then(() => stores.ping()),
    )
    const ended = Promise.allSettled(acts).then(() => (isOver = true))
    const late: number[] = []
    while (!isOver) {
      const askedAt = performance.now()
      await stores.sessions.find('p', 's', START)
      late.push(performance.now() - askedAt)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await ended
    // With one WAIT for each act, a read was up to a second late, and ten were made.
    expect(Math.max(...late)).toBeLessThan(600)
    expect(late.length).toBeGreaterThan(15)
    replica.signal('SIGCONT')
  })

  it('are not confirmed over another connection than the one they went over', async () => {
    const { port } = await startAlone()
    const client = new Redis({ port })
    cleanUps.push(() => client.disconnect())
    const barrier = new ReplicaBarrier(client, 0)
    const mark = barrier.mark()
    await barrier.confirm(mark)
    client.disconnect(true)
    await once(client, 'ready')
    await barrier.confirm(barrier.mark())
    await expect(barrier.confirm(mark)).rejects.toMatchObject({ reason: 'redis_unconfirmed' })
  })

  it('are all that decide something', () => {
    const stores = createMemoryStores()
    const client = new Redis({ lazyConnect: true })
    cleanUps.push(() => client.disconnect())
    const confirmed = confirmActs(stores, new ReplicaBarrier(client, 1))
    const untouched = Object.entries(stores).flatMap(([part, acts]) =>
      acts === null || typeof acts !== 'object'
        ? []
        : Object.entries(acts)
            .filter(([name, act]) => Reflect.get(Reflect.get(confirmed, part) as object, name) === act)
            .map(([name]) => `${part}.${name}`),
    )
    expect(untouched.sort()).toEqual(LEFT_OUT)
  })
})
