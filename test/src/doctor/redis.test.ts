import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { requiredAclRules } from '../../../core/stores/redis/required-commands.ts'
import { CHECKS } from '../../../src/doctor/checks.ts'
import { startLateProxy } from '../../support/late-proxy.ts'
import { freePort, type RedisServer, startRedisCluster, startRedisServer } from '../../support/redis-server.ts'
import { examine, HUSH, of, opened, patientEnv, seenWrong, untrustedCertificate } from './patient.ts'

const SAFE = ['--appendonly', 'yes', '--appendfsync', 'always']

/** A Redis with nothing to complain about, unless these arguments say otherwise. */
const redis = (...args: string[]) => opened(startRedisServer({ args: [...SAFE, ...args] }))

/** Sends one command as the default user. */
async function tell({ port }: Pick<RedisServer, 'port'>, command: string, ...args: string[]): Promise<unknown> {
  const client = new Redis({ port, disableClientInfo: true })
  try {
    return await client.call(command, ...args)
  } finally {
    client.disconnect()
  }
}

/** Resolves when INFO says so. */
const untilTold = (server: RedisServer, section: string, what: RegExp) =>
  vi.waitUntil(async () => what.test(String(await tell(server, 'INFO', section))), { timeout: 10_000, interval: 50 })

const examineRedisAt = async (url: string, env: Readonly<Record<string, string>> = {}) =>
  examine({ ...(await patientEnv(url)), ...env })

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'walletgate-doctor-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('a Redis that is well', () => {
  it('gives nothing to complain about, and keeps nothing of the look', async () => {
    const server = await redis()
    const findings = await examineRedisAt(server.url)
    const ofRedis = findings.filter(({ check }) => check.startsWith('redis.') || check === 'keys')
    expect(ofRedis.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
    expect(of(findings, 'redis.version')).toEqual([expect.stringMatching(/^ok (Redis|Valkey) \d/)])
    const keys = (await tell(server, 'KEYS', '*')) as string[]
    expect(keys.every((key) => key.startsWith('walletgate:{probe}'))).toBe(true)
    const lives = await Promise.all(keys.map((key) => tell(server, 'PTTL', key)))
    expect(lives.every((life) => Number(life) !== -1)).toBe(true)
  })

  it('of a cluster neither', async () => {
    const cluster = await opened(startRedisCluster())
    for (const port of cluster.ports) await tell({ port }, 'CONFIG', 'SET', 'appendfsync', 'always')
    for (const port of cluster.ports) await tell({ port }, 'CONFIG', 'SET', 'appendonly', 'yes')
    const { REDIS_URL: _, ...env } = await patientEnv('')
    // One node is enough to find the others.
    const findings = await examine({ ...env, REDIS_CLUSTER_NODES: `127.0.0.1:${cluster.ports[0]}` })
    expect([...of(findings, 'redis.reachable')].sort()).toEqual(
      cluster.ports.map((port) => `ok 127.0.0.1:${port}: answers`).sort(),
    )
    expect(findings.filter(({ check, outcome }) => check.startsWith('redis.') && outcome === 'fail')).toEqual([])
    expect(of(findings, 'redis.replication')).toHaveLength(3)
  })
})

describe('a Redis that cannot be spoken with', () => {
  it('is not there', async () => {
    const findings = await examineRedisAt(`redis://127.0.0.1:${await freePort()}`)
    expect(of(findings, 'redis.reachable')).toEqual([
      expect.stringMatching(/^fail 127.*No connection \(econnrefused\)/),
    ])
    expect(of(findings, 'keys')).toEqual(['unknown The store does not answer'])
  })

  it('has a name that nobody has', async () => {
    const findings = await examineRedisAt('redis://redis.example.invalid:6379')
    expect(of(findings, 'redis.reachable')[0]).toMatch(
      /^fail redis\.example\.invalid.*No connection \((enotfound|eai_again)\)/,
    )
  })

  it('hangs', async () => {
    const server = await redis()
    server.signal('SIGSTOP')
    const findings = await examineRedisAt(server.url)
    expect(of(findings, 'redis.reachable')).toEqual([expect.stringContaining('takes connections and does not answer')])
  })

  it('wants a password, and refuses a wrong one', async () => {
    const server = await redis()
    await tell(server, 'CONFIG', 'SET', 'requirepass', `${HUSH}-right`)
    const [missing, wrong, right] = await Promise.all(
      ['', `:${HUSH}-wrong@`, `:${HUSH}-right@`].map((who) => examineRedisAt(`redis://${who}127.0.0.1:${server.port}`)),
    )
    expect(of(missing ?? [], 'redis.auth')).toEqual([expect.stringContaining('wants a password, and none is set')])
    expect(of(wrong ?? [], 'redis.auth')).toEqual([expect.stringContaining('refuses the user or the password')])
    expect(of(right ?? [], 'redis.reachable')).toEqual([expect.stringMatching(/^ok /)])
  })

  it('speaks no TLS where we do, TLS where we do not, or under a certificate that nobody trusts', async () => {
    const [path, tlsPort] = [folder(), await freePort()]
    const { key, cert } = untrustedCertificate()
    writeFileSync(join(path, 'key.pem'), key)
    writeFileSync(join(path, 'cert.pem'), cert)
    const files = ['--tls-key-file', join(path, 'key.pem'), '--tls-cert-file', join(path, 'cert.pem')]
    const server = await redis('--tls-port', String(tlsPort), '--tls-auth-clients', 'no', ...files)
    const [tlsToPlain, plainToTls, untrusted] = await Promise.all([
      examineRedisAt(`rediss://127.0.0.1:${server.port}`),
      examineRedisAt(`redis://127.0.0.1:${tlsPort}`),
      examineRedisAt(`rediss://localhost:${tlsPort}`),
    ])
    expect(of(tlsToPlain, 'redis.tls')).toEqual([expect.stringContaining('does not speak TLS, and rediss:// does')])
    expect(of(plainToTls, 'redis.tls')).toEqual([expect.stringContaining('speaks TLS, and redis:// does not')])
    expect(of(untrusted, 'redis.tls')).toEqual([expect.stringMatching(/^fail .*certificate is not accepted/)])
  })

  it('has as many clients as it takes', async () => {
    const server = await redis('--maxclients', '1')
    const holder = new Redis({ port: server.port })
    onTestFinished(() => holder.disconnect())
    await holder.ping()
    const findings = await examineRedisAt(server.url)
    expect(of(findings, 'redis.reachable')).toEqual([expect.stringContaining('maxclients')])
  })
})

describe('a Redis that is too old', () => {
  it('is named', async () => {
    const server = await redis()
    const rewrite = (text: string) =>
      text.replace(/redis_version:(\S+)/, (line) => 'redis_version:6.0.16'.padEnd(line.length, '0'))
    const proxy = await opened(startLateProxy(server.port, { rewrite }))
    const findings = await examineRedisAt(`redis://127.0.0.1:${proxy.port}`)
    expect(of(findings, 'redis.version')).toEqual([expect.stringMatching(/^fail Redis 6\.0\.16 is too old/)])
  })
})

describe('a Redis that forgets', () => {
  it('to make room', async () => {
    const limited = await redis('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru')
    expect(of(await examineRedisAt(limited.url), 'redis.eviction')).toEqual([
      expect.stringMatching(/^fail .*allkeys-lru/),
    ])
    const unlimited = await redis('--maxmemory-policy', 'volatile-ttl')
    expect(of(await examineRedisAt(unlimited.url), 'redis.eviction')).toEqual([
      expect.stringMatching(/^warn .*volatile-ttl/),
    ])
  })

  it('everything at a restart, or what came after a snapshot, or a second', async () => {
    const server = await redis('--appendonly', 'no')
    expect(of(await examineRedisAt(server.url), 'redis.persistence')).toEqual([
      expect.stringMatching(/^fail .*forgets every user/),
    ])
    await tell(server, 'CONFIG', 'SET', 'save', '60 1000')
    expect(of(await examineRedisAt(server.url), 'redis.persistence')).toEqual([
      expect.stringMatching(/^warn .*last snapshot/),
    ])
    await tell(server, 'CONFIG', 'SET', 'appendonly', 'yes')
    await tell(server, 'CONFIG', 'SET', 'appendfsync', 'everysec')
    const findings = await examineRedisAt(server.url)
    expect(of(findings, 'redis.persistence')).toEqual(['ok AOF'])
    expect(of(findings, 'redis.fsync')).toEqual([expect.stringMatching(/^warn .*everysec.*last second/)])
  })

  it('at a failover what no replica had', async () => {
    const primary = await redis()
    await redis('--replicaof', '127.0.0.1', String(primary.port))
    await untilTold(primary, 'replication', /connected_slaves:1/)
    expect(of(await examineRedisAt(primary.url), 'redis.replication')).toEqual([
      expect.stringMatching(/^warn .*failover/),
    ])
    await tell(primary, 'CONFIG', 'SET', 'min-replicas-to-write', '1')
    expect(of(await examineRedisAt(primary.url), 'redis.replication')).toEqual([
      expect.stringMatching(/^ok 1 replicas/),
    ])
  })
})

describe('a Redis that takes no writes', () => {
  it('because it is a replica', async () => {
    const primary = await redis()
    const replica = await redis('--replicaof', '127.0.0.1', String(primary.port))
    await untilTold(replica, 'replication', /master_link_status:up/)
    expect(of(await examineRedisAt(replica.url), 'redis.writes')).toEqual([
      expect.stringMatching(/^fail It is a replica/),
    ])
  })

  it('because it is full', async () => {
    const server = await redis('--maxmemory', '1kb')
    const findings = await examineRedisAt(server.url)
    expect(of(findings, 'redis.writes')).toEqual([expect.stringMatching(/^fail It is full/)])
    expect(of(findings, 'redis.memory')).toEqual([expect.stringMatching(/^warn \d+ % of maxmemory/)])
  })

  it('because too few replicas hear it', async () => {
    const server = await redis('--min-replicas-to-write', '1')
    expect(of(await examineRedisAt(server.url), 'redis.writes')).toEqual([expect.stringContaining('too few replicas')])
  })

  it('because it cannot save', async () => {
    const path = folder()
    // A snapshot is renamed into place, where a folder is.
    const server = await redis('--appendonly', 'no', '--dir', path, '--dbfilename', 'taken', '--save', '3600 1')
    mkdirSync(join(path, 'taken', 'full'), { recursive: true })
    await tell(server, 'BGSAVE')
    await untilTold(server, 'persistence', /rdb_last_bgsave_status:err/)
    const findings = await examineRedisAt(server.url)
    expect(of(findings, 'redis.writes')).toEqual([expect.stringContaining('cannot save to its disk')])
    expect(of(findings, 'redis.persistence')).toEqual(['fail The last snapshot failed'])
  })
})

describe('a cluster that is none', () => {
  it('has slots without a primary', async () => {
    const server = await redis('--cluster-enabled', 'yes')
    const { REDIS_URL: _, ...env } = await patientEnv('')
    const findings = await examine({ ...env, REDIS_CLUSTER_NODES: `127.0.0.1:${server.port}` })
    expect(of(findings, 'redis.cluster')).toEqual([expect.stringMatching(/^fail 16384 of 16384 slots/)])
    expect(of(findings, 'redis.writes')).toEqual([expect.stringMatching(/^fail /)])
  })

  it('is named as a single Redis, or a single Redis as one', async () => {
    const [node, single] = [await redis('--cluster-enabled', 'yes'), await redis()]
    expect(of(await examineRedisAt(node.url), 'redis.cluster')).toEqual([
      expect.stringMatching(/^fail .*REDIS_CLUSTER_NODES is not set/),
    ])
    const { REDIS_URL: _, ...env } = await patientEnv('')
    const findings = await examine({ ...env, REDIS_CLUSTER_NODES: `127.0.0.1:${single.port}` })
    expect(of(findings, 'redis.cluster')).toEqual([expect.stringMatching(/^fail It is no node of a cluster/)])
  })
})

describe('Sentinels', () => {
  it('that are too few, or know no such group, or are not there', async () => {
    const primary = await redis()
    const config = `sentinel monitor main 127.0.0.1 ${primary.port} 2\n`
    const sentinel = await opened(startRedisServer({ config, args: ['--sentinel'] }))
    const { REDIS_URL: _, ...env } = await patientEnv('')
    const examineGroup = (name: string, sentinels: string) =>
      examine({ ...env, REDIS_SENTINELS: sentinels, REDIS_SENTINEL_NAME: name })
    const found = await examineGroup('main', `127.0.0.1:${sentinel.port},127.0.0.1:1`)
    expect(of(found, 'redis.sentinels')).toEqual([
      expect.stringMatching(/^warn Sentinel .*sees too few other Sentinels/),
      expect.stringMatching(/^warn Sentinel 127\.0\.0\.1:1: No connection/),
    ])
    expect(of(found, 'redis.reachable')).toEqual([`ok 127.0.0.1:${primary.port}: answers`])
    const lost = await examineGroup('other', `127.0.0.1:${sentinel.port}`)
    expect(of(lost, 'redis.sentinels')).toEqual([
      expect.stringMatching(/^fail Sentinel .*watches no group of this name/),
      'fail No Sentinel names a primary',
    ])
  })
})

describe('a Redis user', () => {
  const as = (user: string, { port }: RedisServer) => `redis://${user}:${HUSH}@127.0.0.1:${port}`
  const grant = (server: RedisServer, user: string, ...rules: readonly string[]) =>
    tell(server, 'ACL', 'SETUSER', user, 'on', `>${HUSH}`, ...rules)

  it('that lacks commands or keys: they are named', async () => {
    const server = await redis()
    const rules = requiredAclRules({ isCluster: false, streamKey: null, waitsForReplicas: false })
    await grant(server, 'lacking', ...rules, '-hgetall', '-zadd', '-eval')
    await grant(server, 'elsewhere', '+@all', '~other:*')
    await grant(server, 'reader', '+@read', '+info', '~walletgate:*')
    expect(of(await examineRedisAt(as('lacking', server)), 'redis.commands')).toEqual([
      'fail The Redis user may not send EVAL, HGETALL, ZADD',
    ])
    expect(of(await examineRedisAt(as('elsewhere', server)), 'redis.commands')).toEqual([
      expect.stringContaining('may not touch the keys walletgate:*'),
    ])
    const reader = await examineRedisAt(as('reader', server))
    expect(of(reader, 'redis.commands')).toEqual([expect.stringMatching(/may not send SET; the others/)])
    expect(of(reader, 'redis.writes')).toEqual([expect.stringContaining('may not write')])
  })

  it('that has exactly what is needed: enough, with the stream too; what it may not show is unknown, not good', async () => {
    const server = await redis()
    await grant(server, 'exact', ...requiredAclRules({ isCluster: false, streamKey: 'facts', waitsForReplicas: false }))
    const findings = await examineRedisAt(as('exact', server), { AUDIT_STREAM: 'facts' })
    expect(of(findings, 'redis.commands')).toEqual(['ok all that are needed'])
    expect(of(findings, 'redis.writes')).toEqual(['ok takes writes'])
    expect(of(findings, 'redis.fsync')).toEqual([expect.stringMatching(/^unknown /)])
    expect(of(findings, 'clock')).toEqual([expect.stringMatching(/^unknown Redis: /)])
    expect(await tell(server, 'EXISTS', 'facts')).toBe(0)

    const other = await examineRedisAt(as('exact', server), { AUDIT_STREAM: 'other' })
    expect(of(other, 'redis.commands')).toEqual([expect.stringContaining('may not touch the keys other')])
    const waiting = await examineRedisAt(as('exact', server), { REDIS_WAIT_REPLICAS: '1' })
    expect(of(waiting, 'redis.commands')).toEqual(['fail The Redis user may not send WAIT'])
  })
})

describe('a Redis far away, or with another time', () => {
  it('is slow', async () => {
    const server = await redis()
    const proxy = await opened(startLateProxy(server.port, { delayMs: 15 }))
    const findings = await examineRedisAt(`redis://127.0.0.1:${proxy.port}`)
    expect(of(findings, 'redis.latency')).toEqual([expect.stringMatching(/^(warn|fail) \d+ ms/)])
  })

  it('and we disagree about the time', async () => {
    const server = await redis()
    const env = await patientEnv(server.url)
    const findings = await examine(env, { now: () => Date.now() - 45_000 })
    expect(of(findings, 'clock')).toEqual(['fail Redis: 45 s ahead of ours'])
  })
})

describe('signing keys', () => {
  it('that WALLETGATE_SECRET does not open', async () => {
    const server = await redis()
    const env = await patientEnv(server.url)
    await startOnce(env)
    expect(of(await examine(env), 'keys')).toEqual(['ok 2 key sets open'])
    const other = { ...env, WALLETGATE_SECRET: `${HUSH}-${'another secret '.repeat(3)}` }
    expect(of(await examine(other), 'keys')).toEqual([
      expect.stringMatching(/^fail WALLETGATE_SECRET cannot open the keys/),
    ])

    await tell(server, 'HSET', `walletgate:{${env['PROJECT_ID']}|keys:walletkit}:set`, 'k', `[{"${HUSH}"`)
    expect(of(await examine(env), 'keys')).toEqual(['fail REDIS_URL holds keys that must not be used'])
  })
})

/** Makes the keys, as a first start does. */
async function startOnce(env: Readonly<Record<string, string>>): Promise<void> {
  const { loadConfig } = await import('../../../src/config/load-config.ts')
  const { createSystemRandom } = await import('../../../core/random.ts')
  const { createLogger } = await import('../../../src/logger.ts')
  const { startServer } = await import('../../../src/server.ts')
  const settings = loadConfig(env, () => '', createSystemRandom())
  const server = await startServer(settings, createLogger('silent'))
  expect((await fetch(`http://127.0.0.1:${server.port}/readyz`)).status).toBe(200)
  await server.stop()
}

afterAll(() => {
  // No check of Redis without a set-up that it names.
  const checks = Object.keys(CHECKS).filter((check) => check.startsWith('redis.') || check === 'keys')
  expect(checks.filter((check) => ![...seenWrong].some((seen) => seen === check))).toEqual([])
})
