import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openPasskeyParts, type PasskeyParts, refusalOf } from './parts.ts'

describe('a passkey’s record in Redis', () => {
  let parts: PasskeyParts
  let redis: Redis
  beforeAll(() => {
    parts = openPasskeyParts('redis')
    redis = new Redis(inject('redisUrl'))
  })
  afterAll(async () => {
    redis.disconnect()
    await parts.close()
  })

  it.each([undefined, '', '-1', 'x', '1e3'])(
    'with the counter %j is an outage: without it a copy would sign in',
    async (count) => {
      const { authenticator, passkey } = await parts.enrol()
      const key = `walletgate:{${parts.projectId}|passkey:${passkey.credentialId}}:credential`
      expect(await redis.hget(key, 'n')).toBe('0')
      if (count === undefined) await redis.hdel(key, 'n')
      else await redis.hset(key, 'n', count)
      expect(await refusalOf(parts.signIn(await parts.assertion(authenticator)))).toBe('store_unavailable')
    },
  )

  it('with other members than we wrote is an outage', async () => {
    const { authenticator, passkey } = await parts.enrol()
    const key = `walletgate:{${parts.projectId}|passkey:${passkey.credentialId}}:credential`
    for (const members of [undefined, null, [], ['a', 'b', 'c', 'd', true], ['a', 'b', [1], 'd', true]]) {
      await redis.hset(key, 'c', JSON.stringify({ i: passkey.id, c: 0, k: 'passkey', p: members }))
      expect(await refusalOf(parts.signIn(await parts.assertion(authenticator)))).toBe('store_unavailable')
    }
  })
})
