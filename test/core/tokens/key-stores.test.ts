import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMemoryKeyStore } from '../../../core/stores/memory/memory-key-store.ts'
import { createRedisKeyStore } from '../../../core/stores/redis/redis-key-store.ts'
import { RedisSteps } from '../../../core/stores/redis/redis-steps.ts'
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { keyStoreContract } from '../stores/key-store.contract.ts'
import { connectTo, keyNames, openRedis, whenReady } from './key-stores.ts'

const memoryStore = createMemoryKeyStore()
keyStoreContract('memory', () => memoryStore)

describe('on Redis', () => {
  const client = openRedis()
  const store = createRedisKeyStore(new RedisSteps(client), keyNames)
  beforeAll(() => whenReady(client))

  keyStoreContract('redis', () => store)

  it('never lets a key set end', async () => {
    const projectId = randomUUID()
    expect(await store.replace({ projectId, door: 'moonkey', keys: [] }, 0)).toBe(true)
    expect(await client.pttl(keyNames.keySet(projectId, 'moonkey'))).toBe(-1)
  })

  const key = { i: 'k', a: 'RS256', s: 'current', c: 1, r: null, x: 'x', p: 'p' }
  it.each<[string, Record<string, string>]>([
    ['no version', { k: '[]' }],
    ['version 0', { v: '0', k: '[]' }],
    ['a version that is no number', { v: '1e3', k: '[]' }],
    ['no keys', { v: '1' }],
    ['no JSON', { v: '1', k: '[' }],
    ['no list', { v: '1', k: '{}' }],
    ['null for a key', { v: '1', k: '[null]' }],
    ['an algorithm we do not have', { v: '1', k: JSON.stringify([{ ...key, a: 'none' }]) }],
    ['a state we do not have', { v: '1', k: JSON.stringify([{ ...key, s: 'retired' }]) }],
    ['a time that is none', { v: '1', k: JSON.stringify([{ ...key, c: '1' }]) }],
    ['a time out of range', { v: '1', k: JSON.stringify([{ ...key, r: 1e300 }]) }],
    ['a key without a seal', { v: '1', k: JSON.stringify([{ ...key, p: undefined }]) }],
  ])('takes a record with %s for an outage, never for "no keys"', async (_, fields) => {
    const projectId = randomUUID()
    await client.hset(keyNames.keySet(projectId, 'moonkey'), { v: '1', k: JSON.stringify([key]) })
    expect((await store.find(projectId, 'moonkey'))?.keys).toHaveLength(1)
    await client.del(keyNames.keySet(projectId, 'moonkey'))
    await client.hset(keyNames.keySet(projectId, 'moonkey'), fields)
    await expect(store.find(projectId, 'moonkey')).rejects.toMatchObject({
      code: 'store_unavailable',
      reason: 'record_corrupt',
    })
  })
})

describe('on a Redis that is down', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedisServer()
  })
  afterAll(() => server.stop())

  it('says store_unavailable, for reading and for writing', async () => {
    const client = connectTo(server.port)
    const store = createRedisKeyStore(new RedisSteps(client), keyNames)
    await whenReady(client)
    expect(await store.find('demo', 'moonkey')).toBeNull()
    server.signal('SIGKILL')
    await new Promise<void>((resolve) => client.once('close', resolve))
    await expect(store.find('demo', 'moonkey')).rejects.toMatchObject({ code: 'store_unavailable' })
    const keySet = { projectId: 'demo', door: 'moonkey', keys: [] } as const
    await expect(store.replace(keySet, 0)).rejects.toMatchObject({ code: 'store_unavailable' })
    client.disconnect()
  })
})
