import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import type { ApiKey } from '../../../core/api-keys/api-key.ts'
import { openRedisStores } from '../../../core/stores/redis/redis-stores.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { REPLICATE_AT_ONCE, type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { accessTo, at, START } from './stores-under-test.ts'

async function start(args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedisServer({ args: [...REPLICATE_AT_ONCE, ...args] })
  onTestFinished(() => server.stop())
  return server
}

function open({ url }: RedisServer): Stores {
  const stores = openRedisStores(accessTo(url))
  onTestFinished(() => stores.close())
  return stores
}

function newKey(): ApiKey {
  const id = `key_${randomUUID()}`
  return {
    id,
    projectId: 'p',
    kind: 'secret',
    name: null,
    digest: '0'.repeat(64),
    ending: 'abcde',
    createdAt: START,
    revokedAt: null,
  }
}

it('a key that is revoked again, after a failover that forgot the first time, is news to who was idle meanwhile', async () => {
  const primary = await start()
  const replica = await start(['--replicaof', `127.0.0.1 ${primary.port}`])
  const before = open(primary)
  const [lost, kept] = [newKey(), newKey()]
  for (const key of [lost, kept]) await before.apiKeys.create(key)
  const admin = new Redis(primary.url)
  onTestFinished(() => admin.disconnect())
  expect(await admin.wait(1, 10_000)).toBe(1)

  // From here on the replica hears nothing, and takes over.
  const promoted = new Redis(replica.url)
  onTestFinished(() => promoted.disconnect())
  await promoted.replicaof('NO', 'ONE')
  expect(await before.apiKeys.revoke(lost.id, at(1))).not.toBeNull()
  const idle = await before.apiKeys.read(null)

  const after = open(replica)
  expect(await after.apiKeys.revoke(kept.id, at(2))).not.toBeNull()
  expect(await after.apiKeys.revoke(lost.id, at(3))).not.toBeNull()
  const roll = await after.apiKeys.read(idle?.version ?? null)
  expect(roll?.keys.find(({ id }) => id === kept.id)?.revokedAt).toEqual(at(2))
})
