import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { connectRedis, type RedisConnection } from '../../../core/stores/redis/connect-redis.ts'
import { Keys } from '../../../core/stores/redis/keys.ts'
import { openRedisEventStream } from '../../../core/stores/redis/redis-event-stream.ts'
import { createRedisKeyStore } from '../../../core/stores/redis/redis-key-store.ts'
import { createRedisOutboxStore } from '../../../core/stores/redis/redis-outbox-store.ts'
import { RedisSteps } from '../../../core/stores/redis/redis-steps.ts'
import { openRedisStores } from '../../../core/stores/redis/redis-stores.ts'
import {
  DATA_COMMAND_NAMES,
  requiredAclRules,
  STREAM_COMMAND_NAMES,
  WAIT_COMMAND_NAMES,
} from '../../../core/stores/redis/required-commands.ts'
import { type RedisCluster, type RedisServer, startRedisCluster, startRedisServer } from '../../support/redis-server.ts'
import { challengeStoreContract } from './challenge-store.contract.ts'
import { identityStoreContract } from './identity-store.contract.ts'
import { keyStoreContract } from './key-store.contract.ts'
import { outboxStoreContract } from './outbox-store.contract.ts'
import { sessionStoreContract } from './session-store.contract.ts'
import { userImportStoreContract } from './user-import-store.contract.ts'

const STREAM = 'facts'
const USER = { username: 'walletgate', password: 'pw', db: 0, tls: false }

let server: RedisServer
let cluster: RedisCluster
beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedisServer(), startRedisCluster()])
  await grant(server.port, requiredAclRules({ isCluster: false, streamKey: STREAM, waitsForReplicas: true }))
  for (const port of cluster.ports)
    await grant(port, requiredAclRules({ isCluster: true, streamKey: null, waitsForReplicas: false }))
})
afterAll(() => Promise.all([server.stop(), cluster.stop()]))

async function grant(port: number, rules: readonly string[]): Promise<void> {
  const admin = new Redis({ port })
  await admin.call('ACL', 'SETUSER', USER.username, 'on', `>${USER.password}`, ...rules)
  admin.disconnect()
}

const connection = (): RedisConnection => ({
  mode: 'single',
  node: { host: '127.0.0.1', port: server.port },
  access: USER,
})

// Every operation there is, as a user who may do what the list says and nothing else.
const NAME = 'Redis as a user with the listed rights alone'
const open = () => openRedisStores(connection())
challengeStoreContract(NAME, open)
identityStoreContract(NAME, open)
sessionStoreContract(NAME, open)
userImportStoreContract(NAME, open)
challengeStoreContract(`a cluster, ${NAME}`, () =>
  openRedisStores({
    mode: 'cluster',
    nodes: cluster.ports.map((port) => ({ host: '127.0.0.1', port })),
    access: USER,
  }),
)

describe(NAME, () => {
  let client: ReturnType<typeof connectRedis> | undefined
  let shared: RedisSteps | undefined
  afterAll(() => client?.disconnect())
  const steps = () => {
    client ??= connectRedis(connection())
    shared ??= new RedisSteps(client)
    return shared
  }

  keyStoreContract(NAME, () => createRedisKeyStore(steps(), new Keys('walletgate')))
  outboxStoreContract(NAME, (capacity) => {
    const prefix = `walletgate:${randomUUID()}`
    return [createRedisOutboxStore(steps(), prefix, capacity), createRedisOutboxStore(steps(), prefix, capacity)]
  })

  it('counts windows, answers readiness, and adds to the stream of facts', async () => {
    const stores = open()
    const stream = openRedisEventStream(connection(), { key: STREAM, maxLength: 1000 })
    await stores.ping()
    expect(await stores.windows?.add('rights', 2, 60)).toMatchObject({ points: 2 })
    await stream.append(['{}'])
    await Promise.all([stream.close(), stores.close()])
  })
})

it(`${NAME} may ask whether replicas have it`, async () => {
  const stores = openRedisStores(connection(), { waitReplicas: 1 })
  // There is no replica. A right that is missing would be the cause.
  await expect(stores.ping()).rejects.toSatisfy(
    (error) => error instanceof AuthError && error.reason === 'redis_unconfirmed' && error.cause === undefined,
  )
  await stores.close()
})

describe('the list of commands', () => {
  it('is what the sources send, no more and no less', () => {
    const room = new URL('../../../core/stores/redis/', import.meta.url)
    const looking = new Set(['inspect-redis.ts', 'inspect-sentinels.ts', 'required-commands.ts'])
    const sources = readdirSync(room)
      .filter((name) => !looking.has(name))
      .map((name) => readFileSync(new URL(name, room), 'utf8'))
      .join('\n')
    const inScripts = [...sources.matchAll(/redis\.p?call\('(\w+)'/g)].map(([, name = '']) => name.toLowerCase())
    // Every call is spelled out, so that this sees it.
    expect(sources.match(/redis\.p?call\((?!')/g)).toBeNull()
    const calls = sources.matchAll(/(?:\b(?:client|redis)|requireNode\([^)]*\))\.([a-z]+)\(/g)
    const ofTheClient = new Set(['call', 'on', 'off', 'once', 'nodes', 'connect', 'disconnect'])
    const sent = [...calls].flatMap(([, name = '']) => (ofTheClient.has(name) ? [] : [name]))
    expect([...new Set([...inScripts, ...sent])].sort()).toEqual(
      [...DATA_COMMAND_NAMES, ...STREAM_COMMAND_NAMES, ...WAIT_COMMAND_NAMES].sort(),
    )
  })
})
