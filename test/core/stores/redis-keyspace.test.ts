import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatAccountId } from '../../../core/accounts/account.ts'
import { contactKey } from '../../../core/identities/credential-key.ts'
import { openRedisStores } from '../../../core/stores/redis/redis-stores.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { accessTo, at, concurrently, HOSTILE_TEXTS, START } from './stores-under-test.ts'

const DAY_MS = 86_400_000
const ACCOUNT = { namespace: 'eip155', address: '0x00000000000000000000000000000000000000a1', chain: null } as const
const TOKEN = 'rfr_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8RsecretsecretsecretsecretsecretsecretX'
/** What stands here in place of SHA-256: the store is given hashes. */
const HASHES = ['hash-of-the-first-token-aaaaaaaaaaaaaaaaaaa', 'hash-of-the-second-token-bbbbbbbbbbbbbbbbbb']

/** What is in Redis after every kind of act, on a server of its own. */
describe('Redis keyspace', () => {
  let server: RedisServer
  let redis: Redis
  let stores: Stores

  beforeAll(async () => {
    server = await startRedisServer()
    redis = new Redis(server.url)
    stores = openRedisStores(accessTo(server.url))
  })
  afterAll(async () => {
    redis.disconnect()
    await stores.close()
    await server.stop()
  })

  const keys = async () => (await redis.keys('*')).sort()
  const issue = (projectId: string, handle: string, subject: string = formatAccountId(ACCOUNT)) =>
    stores.challenges.issue({
      projectId,
      purpose: 'fourmica.sign-in',
      subject,
      handle,
      nonce: handle,
      issuedAt: START,
      expiresAt: at(300_000),
      context: {},
    })
  const signUp = (projectId: string, userId: string) =>
    stores.identities.claim(
      {
        kind: 'wallet',
        id: `wallet_${userId}`,
        projectId,
        account: ACCOUNT,
        userId,
        createdAt: START,
        verifiedAt: START,
        access: { role: 'user', scopes: ['tab:read'], status: 'active' },
      },
      {
        id: userId,
        projectId,
        status: 'active',
        name: { first: '', middle: '', last: '' },
        metadata: {},
        createdAt: START,
        updatedAt: START,
      },
    )
  const openSession = (projectId: string, id: string, ttlMs: number, device = true) =>
    stores.sessions.open(
      {
        id,
        projectId,
        userId: 'user_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8R',
        door: 'fourmica',
        factors: [
          {
            kind: 'wallet',
            credentialId: 'wallet_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8R',
            accountId: formatAccountId(ACCOUNT),
            verifiedAt: START,
          },
        ],
        device: device ? { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', ip: '192.0.2.1' } : null,
        createdAt: START,
        lastActiveAt: START,
        expiresAt: at(ttlMs),
      },
      { hash: HASHES[0] ?? '', expiresAt: at(ttlMs) },
    )

  it('remembers a session that was brought in as long as somebody may show it, and the session as long as it lives', async () => {
    await redis.flushall()
    const times = { createdAt: START, lastActiveAt: START, expiresAt: at(3_600_000) }
    const owner = { projectId: 'p', userId: 'u1', door: 'moonkey' as const }
    const session = { id: 'sess_1', ...owner, factors: [], device: null, ...times }
    const DAY_MS = 86_400_000
    await stores.imports.openSession(session, null, at(60 * DAY_MS), START)
    await stores.imports.openSession({ ...session, id: 'sess_2' }, null, START, START)
    const lifeOf = async (name: string) => Math.round((await redis.pttl(`walletgate:{p|${name}`)) / 3_600_000)
    expect([await lifeOf('sess_1}:imported'), await lifeOf('sess_1}:session')]).toEqual([61 * 24, 25])
    expect([await lifeOf('sess_2}:imported'), await lifeOf('sess_2}:session')]).toEqual([25, 25])
  })

  it('gives a life to everything but users, their credentials and what points at those', async () => {
    await redis.flushall()
    await issue('p', 'nonce')
    await stores.challenges.attempt(
      { projectId: 'p', purpose: 'fourmica.sign-in', subject: formatAccountId(ACCOUNT), handle: 'nonce' },
      5,
      START,
    )
    await signUp('p', 'u1')
    await openSession('p', 'sess_1', 3_600_000)
    await stores.identities.reserve(
      contactKey('email', 'a@example.com'),
      {
        id: 'u2',
        projectId: 'p',
        status: 'pending',
        name: { first: '', middle: '', last: '' },
        metadata: {},
        createdAt: START,
        updatedAt: START,
      },
      600,
    )
    await stores.ping()
    const lives = Object.fromEntries(
      await Promise.all((await keys()).map(async (key) => [key, await redis.pttl(key)] as const)),
    )
    const [forGood, forATime] = [
      Object.entries(lives).filter(([, ttl]) => ttl === -1),
      Object.entries(lives).filter(([, ttl]) => ttl > 0),
    ]
    expect(forGood.map(([key]) => key)).toEqual([
      'walletgate:{p|id:wallet_u1}:key',
      'walletgate:{p|user:u1}:credentials',
      'walletgate:{p|user:u1}:user',
      'walletgate:{p|users}:ids',
      'walletgate:{p|wallet:eip155:0x00000000000000000000000000000000000000a1}:credential',
    ])
    expect(forATime.map(([key]) => key)).toEqual([
      'walletgate:{probe}',
      'walletgate:{p|eip155:0x00000000000000000000000000000000000000a1}:challenge:fourmica.sign-in:nonce',
      'walletgate:{p|eip155:0x00000000000000000000000000000000000000a1}:challenge:fourmica.sign-in:nonce:attempts',
      'walletgate:{p|email:a@example.com}:reservation',
      'walletgate:{p|sess_1}:session',
      'walletgate:{p|user:u2}:user',
      'walletgate:{p|user:user_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8R}:sessions',
    ])
  })

  it('lets a challenge live as long as itself, and a session a day longer, also after a rotation', async () => {
    await redis.flushall()
    await issue('p', 'nonce')
    await openSession('p', 'sess_1', 3_600_000)
    const life = async (part: string) => redis.pttl((await keys()).find((key) => key.includes(part)) ?? '')
    expect(await life('challenge')).toBeWithin(300_000)
    expect(await life(':session')).toBeWithin(3_600_000 + DAY_MS)
    expect(await life('sessions')).toBeWithin(3_600_000 + DAY_MS)
    const rotation = await stores.sessions.rotateRefreshToken({
      projectId: 'p',
      sessionId: 'sess_1',
      userId: 'user_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8R',
      presentedHash: HASHES[0] ?? '',
      next: { hash: HASHES[1] ?? '', expiresAt: at(10 * DAY_MS) },
      policy: { graceSeconds: 0, maxLiveTokens: 1 },
      now: at(DAY_MS / 48),
    })
    expect(rotation.outcome).toBe('rotated')
    expect(await life(':session')).toBeWithin(11 * DAY_MS - DAY_MS / 48)
    expect(await life('sessions')).toBeWithin(11 * DAY_MS - DAY_MS / 48)
  })

  it('really removes what has ended', async () => {
    await redis.flushall()
    await stores.challenges.issue({
      projectId: 'p',
      purpose: 'fourmica.sign-in',
      subject: 's',
      handle: 'h',
      nonce: 'n',
      issuedAt: START,
      expiresAt: at(50),
      context: {},
    })
    expect(await keys()).toHaveLength(1)
    await expect.poll(keys, { timeout: 5_000, interval: 25 }).toEqual([])
  })

  it('removes a session and its place in the list when it is revoked', async () => {
    await redis.flushall()
    await openSession('p', 'sess_1', 3_600_000)
    await openSession('p', 'sess_2', 3_600_000)
    await stores.sessions.revoke('p', 'sess_1', START)
    await stores.sessions.revokeByRefreshToken('p', 'sess_2', HASHES[0] ?? '')
    expect(await keys()).toEqual([])
  })

  it('forgets ids of sessions that ended long ago with the next session, and none that lives', async () => {
    await redis.flushall()
    await openSession('p', 'sess_old', 3_600_000)
    await openSession('p', 'sess_long', 9 * DAY_MS)
    await stores.sessions.open(
      {
        id: 'sess_new',
        projectId: 'p',
        userId: 'user_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8R',
        door: 'fourmica',
        factors: [],
        device: null,
        createdAt: at(2 * DAY_MS),
        lastActiveAt: at(2 * DAY_MS),
        expiresAt: at(3 * DAY_MS),
      },
      null,
    )
    const list = (await keys()).find((key) => key.endsWith(':sessions')) ?? ''
    expect(await redis.zrange(list, '0', '-1')).toEqual(['sess_new', 'sess_long'])
    expect(await redis.pttl(list)).toBeGreaterThan(9 * DAY_MS)
  })

  it('keeps every key in one hash tag, short and printable, whatever it is made of', async () => {
    await redis.flushall()
    await Promise.all(
      HOSTILE_TEXTS.flatMap((text) => [issue(`p${text}`, text), issue('p', text, text), issue('p', 'h', `s${text}`)]),
    )
    const names = await redis.keysBuffer('*')
    expect(names).toHaveLength(3 * HOSTILE_TEXTS.length)
    for (const name of names) {
      expect(name.toString('latin1')).toMatch(
        /^walletgate:\{[\w:.@+#-]*\|[\w:.@+#-]*\}:challenge:fourmica\.sign-in:[\w:.@+#-]*$/,
      )
      expect(name.length).toBeLessThan(512)
    }
  })

  it('holds no refresh token, only what it was given for it', async () => {
    await redis.flushall()
    await openSession('p', 'sess_1', 3_600_000)
    expect(await stores.sessions.revokeByRefreshToken('p', 'sess_1', TOKEN)).toBe(false)
    await stores.sessions.rotateRefreshToken({
      projectId: 'p',
      sessionId: 'sess_1',
      userId: 'u',
      presentedHash: TOKEN,
      next: { hash: HASHES[1] ?? '', expiresAt: at(1) },
      policy: { graceSeconds: 0, maxLiveTokens: 1 },
      now: START,
    })
    const fields = await redis.hgetall('walletgate:{p|sess_1}:session')
    expect(JSON.stringify(fields)).toContain(HASHES[0])
    expect(JSON.stringify(fields)).not.toContain('rfr_')
  })

  it('needs less than 1 KiB for a session of a wallet, with its refresh token and its place in the list', async () => {
    await redis.flushall()
    const before = await usedMemory(redis)
    await concurrently(1000, (index) =>
      openSession('p', `sess_2Kf3mXQ0yEJ7dZ1bVtN5sLq${1000 + index}`, 3_600_000, false),
    )
    const bytes = ((await usedMemory(redis)) - before) / 1000
    expect(bytes).toBeGreaterThan(200)
    expect(bytes).toBeLessThan(1024)
  })

  it.each([
    ['a session', 'walletgate:{p|sess_1}:session', () => stores.sessions.find('p', 'sess_1', START)],
    [
      'a wallet',
      'walletgate:{p|wallet:eip155:0x00000000000000000000000000000000000000a1}:credential',
      () => stores.identities.findWallet('p', ACCOUNT),
    ],
    ['a user', 'walletgate:{p|user:u1}:user', () => stores.identities.findUser('p', 'u1')],
  ])('takes a record of %s that does not decode for an outage, not for an unknown', async (_, key, find) => {
    await redis.flushall()
    for (const text of ['', '{', 'null', '[]', '"x"', '{}']) {
      await redis.hset(key, { s: text, x: '9999999999999', a: '0', c: text, u: 'u1', v: '', j: text })
      await expect(find()).rejects.toMatchObject({ code: 'store_unavailable', reason: 'record_corrupt' })
    }
    await redis.del(key)
    await redis.set(key, 'text where a hash should be')
    await expect(find()).rejects.toMatchObject({ code: 'store_unavailable', reason: 'redis_wrongtype' })
  })

  it('keeps API keys in one slot without a life, and takes one that does not decode for an outage of all', async () => {
    await redis.flushall()
    const key = {
      id: 'key_1',
      projectId: 'p',
      kind: 'secret',
      name: null,
      digest: 'a'.repeat(64),
      ending: 'aaaaa',
      createdAt: START,
      revokedAt: null,
    } as const
    expect(await stores.apiKeys.read(null)).toEqual({ version: '', keys: [] })
    expect(await keys()).toEqual([])
    await stores.apiKeys.create(key)
    expect(await keys()).toEqual(['walletgate:{api-keys}:records', 'walletgate:{api-keys}:version'])
    for (const name of await keys()) expect(await redis.pttl(name)).toBe(-1)
    const good = (await redis.hget('walletgate:{api-keys}:records', 'key_1')) ?? ''
    const record = JSON.parse(good.slice(2)) as object
    const spoilt = ['p', 'k', 'd', 'n', 'e', 'c'].map((field) => `0,${JSON.stringify({ ...record, [field]: [1] })}`)
    const others = ['', '0', '0,', '0,{', '0,null', '0,[]', '0,{}', `-1${good.slice(1)}`, good.slice(2), ` ${good}`]
    for (const text of [...spoilt, ...others, good.replace('secret', 'admin'), good.replaceAll('a', 'A')]) {
      await redis.hset('walletgate:{api-keys}:records', 'key_1', text)
      await expect(stores.apiKeys.read(null)).rejects.toMatchObject({ reason: 'record_corrupt' })
    }
    await redis.hset('walletgate:{api-keys}:records', 'key_1', good)
    expect((await stores.apiKeys.read(null))?.keys).toEqual([key])
  })

  it('takes a challenge that does not decode for an outage', async () => {
    await redis.flushall()
    const key = { projectId: 'p', purpose: 'fourmica.sign-in', subject: 's', handle: 'h' } as const
    for (const text of ['', '{', 'null', '{}', '{"n":"x","i":1}']) {
      await redis.set('walletgate:{p|s}:challenge:fourmica.sign-in:h', text)
      await expect(stores.challenges.find(key, START)).rejects.toMatchObject({ reason: 'record_corrupt' })
    }
  })

  it('passes over what a crash left behind: a pointer and a list entry without a record, and another’s record', async () => {
    await redis.flushall()
    await signUp('p', 'u1')
    await redis.set('walletgate:{p|id:wallet_gone}:key', 'email:gone@example.com')
    await redis.set('walletgate:{p|id:wallet_u9}:key', 'wallet:eip155:0x00000000000000000000000000000000000000a1')
    await redis.sadd(
      'walletgate:{p|user:u9}:credentials',
      'wallet:eip155:0x00000000000000000000000000000000000000a1',
      'email:gone@example.com',
    )
    expect(await stores.identities.findCredential('p', 'wallet_gone')).toBeNull()
    expect(await stores.identities.findCredential('p', 'wallet_u9')).toBeNull()
    expect(await stores.identities.listCredentials('p', 'u9')).toEqual([])
    expect(await stores.identities.deleteUser('p', 'u9')).toBe(false)
    expect(await stores.identities.findWallet('p', ACCOUNT)).toMatchObject({ userId: 'u1' })
  })

  it('deletes a user with more credentials than a script takes arguments', async () => {
    await redis.flushall()
    await signUp('p', 'u')
    const sets = await Promise.all((await keys()).map(async (key) => ((await redis.type(key)) === 'set' ? [key] : [])))
    const [owned = ''] = sets.flat()
    const many = Array.from({ length: 9_000 }, (_, index) => contactKey('email', `${index}@example.com`))
    await redis.sadd(owned, ...many)
    expect(await stores.identities.deleteUser('p', 'u')).toBe(true)
    expect(await redis.exists(owned)).toBe(0)
  })

  it('leaves nothing of a deleted user', async () => {
    await redis.flushall()
    await signUp('p', 'u1')
    await stores.identities.deleteUser('p', 'u1')
    expect(await keys()).toEqual([])
  })
})

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
}

expect.extend({
  /** A remaining life: this, less what the test has taken. */
  toBeWithin(received: number, life: number) {
    return {
      pass: received <= life && received > life - 30_000,
      message: () => `${received} is not a little less than ${life}`,
    }
  },
})

declare module 'vitest' {
  interface Matchers<T> {
    toBeWithin(life: number): T
  }
}
