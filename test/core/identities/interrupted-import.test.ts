import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRedisStores } from '../../../core/stores/redis/redis-stores.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { accessTo } from '../stores/stores-under-test.ts'
import { emailFrom, importedUser, importerOf, walletFrom } from './fixtures.ts'

/** What of a user's keys a stopped import may not have written yet, in every combination that its order allows. */
const LATE = ['ids', 'wallet', 'wallet pointer', 'email', 'email pointer'] as const

describe('an import that stopped in the middle of a user', () => {
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

  /** Everything in Redis, as it stands. */
  const dump = async () => {
    const keys = (await redis.keys('*')).filter((key) => !key.includes('probe')).sort()
    return Promise.all(
      keys.map(async (key) => {
        const type = await redis.type(key)
        if (type === 'hash') return [key, await redis.hgetall(key)]
        if (type === 'set') return [key, (await redis.smembers(key)).sort()]
        return [key, type === 'zset' ? await redis.zrange(key, '0', '-1') : await redis.get(key)]
      }),
    )
  }
  const keyOf = async (part: (typeof LATE)[number]): Promise<string> => {
    const pattern = {
      ids: '*|users}:ids',
      wallet: '*|wallet:*}:credential',
      'wallet pointer': '*|id:wallet_*}:key',
      email: '*|email:*}:credential',
      'email pointer': '*|id:email_*}:key',
    }[part]
    const [found] = await redis.keys(pattern)
    if (found === undefined) throw new Error(`no ${part}`)
    return found
  }
  const imported = importedUser({
    credentials: [walletFrom('a', { id: 'wallet_1' }), emailFrom('ada@example.com', { id: 'email_1' })],
  })

  const subsets = Array.from({ length: 2 ** LATE.length }, (_, bits) => LATE.filter((_, index) => bits & (1 << index)))
  it.each(subsets.map((missing) => [missing.join(', ') || 'only the end', missing] as const))(
    'is completed by the next run: %s missing',
    async (_, missing) => {
      await redis.flushall()
      const bring = importerOf(stores, 'p')
      expect(await bring(imported)).toMatchObject({ outcome: 'imported' })
      const whole = await dump()
      const gone = await Promise.all(missing.map(keyOf))
      if (gone.length > 0) await redis.del(...gone)
      await redis.hset('walletgate:{p|user:vendor-1}:user', 'i', '1')

      expect(await bring(imported, true)).toMatchObject({ outcome: 'completed' })
      expect(await bring(imported)).toMatchObject({ outcome: 'completed' })
      expect(await dump()).toEqual(whole)
      expect(await bring(imported)).toMatchObject({ outcome: 'unchanged' })
    },
  )

  it('is completed with the ids it had given, when the file has none', async () => {
    await redis.flushall()
    const bring = importerOf(stores, 'p')
    await bring(importedUser())
    const whole = await dump()
    await redis.hset('walletgate:{p|user:vendor-1}:user', 'i', '1')
    await redis.del(await keyOf('wallet pointer'))
    expect(await bring(importedUser())).toMatchObject({ outcome: 'completed' })
    expect(await dump()).toEqual(whole)
  })

  it('gives way when somebody has taken its wallet meanwhile: nothing of it remains', async () => {
    await redis.flushall()
    const bring = importerOf(stores, 'p')
    await bring(imported)
    await redis.hset('walletgate:{p|user:vendor-1}:user', 'i', '1')
    await redis.del(await keyOf('wallet'), await keyOf('wallet pointer'))
    await bring(importedUser({ id: 'vendor-2', credentials: [walletFrom('a')] }))
    const [credential] = await stores.identities.listCredentials('p', 'vendor-2')
    expect(await bring(imported)).toMatchObject({ outcome: 'conflict', reason: 'credential_taken', holder: 'vendor-2' })
    expect(await stores.imports.findPresence('p', 'vendor-1')).toBe('absent')
    expect(JSON.stringify(await dump())).not.toMatch(/vendor-1|ada@example/)
    expect(await stores.identities.listCredentials('p', 'vendor-2')).toEqual([credential])
  })
})
