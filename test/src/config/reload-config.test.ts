import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/config-error.ts'
import { type ReloadedConfig, reloadConfig } from '../../../src/config/reload-config.ts'
import type { Settings } from '../../../src/config/settings.ts'
import { countingRandom, type Env, JWT_SECRET, loadWith, PINNED_PROJECT, SECRET, SECRET_KEY } from './load-with.ts'

const MEMORY = { WALLETGATE_CONFIG: 'projects.json' }
const REDIS = { ...MEMORY, REDIS_URL: 'redis://cache', WALLETGATE_SECRET: SECRET }
const WEBHOOK = { url: 'https://hooks.example.com/a', secret: `whsec_${Buffer.alloc(32).toString('base64')}` }

const project = (id: string, change: object = {}) => ({
  id,
  allowedOrigins: ['https://app.example.com'],
  walletkit: { projectId: id },
  ...change,
})

function reload(running: Settings, file: unknown, env: Env = MEMORY): ReloadedConfig {
  return reloadConfig(env, () => (typeof file === 'string' ? file : JSON.stringify(file)), countingRandom(99), running)
}

describe('reading a configuration again', () => {
  it('says which projects are there anew, are others, are gone, and what stays the same', () => {
    const before = [project('a'), project('b'), project('c'), project('d', { webhooks: [WEBHOOK] })]
    const running = loadWith(MEMORY, { projects: before })
    const after = [
      project('e'),
      project('a'),
      project('c', { name: 'Another' }),
      project('d', { webhooks: [{ ...WEBHOOK, events: ['key.rotated'] }] }),
    ]
    const reloaded = reload(running, { projects: after })
    expect(reloaded.projects).toEqual({ added: ['e'], changed: ['c', 'd'], removed: ['b'] })
    expect(reloaded.isChanged).toBe(true)
    expect(reloaded.settings.projects).toEqual(loadWith(MEMORY, { projects: after }).projects)
    expect(reloaded.settings.webhooks).toEqual(loadWith(MEMORY, { projects: after }).webhooks)
    expect(Object.isFrozen(reloaded.settings.projects[0].allowedOrigins)).toBe(true)
  })

  it('knows a file that says the same in other words', () => {
    const running = loadWith(MEMORY, { projects: [project('a')] })
    const same = { projects: [{ ...project('a'), name: 'My App', evmRpcUrls: {} }], server: { logLevel: 'info' } }
    const { isChanged, projects, applied, waiting } = reload(running, same)
    expect({ isChanged, projects, applied, waiting }).toEqual({
      isChanged: false,
      projects: { added: [], changed: [], removed: [] },
      applied: [],
      waiting: [],
    })
  })

  it('takes another order of the projects for a change: who names no project gets the first', () => {
    const running = loadWith(MEMORY, { projects: [project('a'), project('b')] })
    const reloaded = reload(running, { projects: [project('b'), project('a')] })
    expect(reloaded.isChanged).toBe(true)
    expect(reloaded.projects).toEqual({ added: [], changed: [], removed: [] })
  })

  it('keeps what was made up at the start', () => {
    const running = loadWith(MEMORY, { projects: [project('a')] })
    expect(reload(running, { projects: [project('b')] }).settings.secrets).toEqual(running.secrets)
  })

  it('applies limits, proxies and the log level', () => {
    const running = loadWith(MEMORY, { projects: [project('a')] })
    const server = { rateLimits: '7', trustedProxies: ['10.0.0.0/8'], logLevel: 'debug' }
    const reloaded = reload(running, { projects: [project('a')], server })
    expect(reloaded.settings.server).toEqual({
      ...running.server,
      rateLimits: 7,
      trustedProxies: ['10.0.0.0/8'],
      logLevel: 'debug',
    })
    expect(reloaded.applied).toEqual(['server.trustedProxies', 'server.rateLimits', 'server.logLevel'])
    expect(reloaded.waiting).toEqual([])
    expect(reloaded.isChanged).toBe(true)
  })

  it('names what waits for a restart, and lets nothing of it into the projects', () => {
    const running = loadWith(MEMORY, { projects: [project('a')] })
    const server = {
      host: '0.0.0.0',
      port: 9000,
      publicUrl: 'https://new.example.com',
      metricsPort: 9001,
      playground: 'off',
      smtpUrl: 'smtp://mail',
      auditLog: '-',
    }
    const fourmica = { jwtSecret: JWT_SECRET }
    const reloaded = reload(running, { projects: [{ id: 'b', fourmica }], server })
    expect(reloaded.waiting).toEqual([
      'server.host',
      'server.port',
      'server.publicUrl',
      'server.metricsPort',
      'server.playground',
      'server.smtpUrl',
      'MAIL_FROM',
      'server.auditLog',
    ])
    expect(reloaded.settings).toMatchObject({ server: running.server, mail: null, audit: running.audit })
    const [only] = reloaded.settings.projects
    expect(only.allowedOrigins).toEqual([running.server.publicUrl])
    expect(only.fourmica?.siweUri).toBe(running.server.publicUrl)
  })

  it('a setting the environment gives is never the file’s to change', () => {
    const env = { ...REDIS, RATE_LIMITS: 'off', WORKERS: '2' }
    const running = loadWith(env, { projects: [project('a')] })
    const server = { rateLimits: '7', workers: 4, redisUrl: 'redis://elsewhere' }
    const { settings, applied, waiting } = reload(running, { projects: [project('a')], server }, env)
    expect([settings, applied, waiting]).toEqual([running, [], []])
  })

  it.each<[string, object, string]>([
    ['another Redis', { redisUrl: 'redis://elsewhere' }, 'server.redisUrl'],
    ['another password', { redisUrl: 'redis://:other@cache' }, 'server.redisUrl'],
    ['more workers', { redisUrl: 'redis://cache', workers: 4 }, 'server.workers'],
  ])('%s waits for a restart', (_, server, name) => {
    const env = { ...MEMORY, WALLETGATE_SECRET: SECRET }
    const running = loadWith(env, { projects: [project('a')], server: { redisUrl: 'redis://cache' } })
    const reloaded = reload(running, { projects: [project('a')], server }, env)
    expect([reloaded.waiting, reloaded.settings.store, reloaded.isChanged]).toEqual([[name], running.store, false])
  })

  it('projects of a server on Redis obey the rules of Redis, whatever the file says of the store now', () => {
    const env = { ...MEMORY, WALLETGATE_SECRET: SECRET }
    const running = loadWith(env, { projects: [project('a')], server: { redisUrl: 'redis://cache' } })
    const lax = { projects: [project('a', { allowedOrigins: ['https://app.example.com', 'http://localhost:*'] })] }
    expect(() => reload(running, lax, env)).toThrow(/allows every port of localhost/)
    // Nor does a default come in that belongs to memory.
    const { settings } = reload(running, { projects: [{ id: 'a', walletkit: { projectId: 'a' } }] }, env)
    expect(settings.projects[0].allowLocalhost).toBe(false)
  })

  it.each<[string, unknown]>([
    ['a file that is not JSON', '{"projects": ['],
    ['an empty file', ''],
    ['no projects', { projects: [] }],
    ['a fault in a project', { projects: [project('a b')] }],
    ['a fault between projects', { projects: [project('a'), project('a')] }],
    ['a fault in a setting that would wait for a restart', { projects: [project('a')], server: { port: 99_999 } }],
    ['a combination that no start would take', { projects: [project('a')], server: { workers: 2 } }],
  ])('refuses %s, with every fault and no value', (_, file) => {
    const running = loadWith(MEMORY, { projects: [PINNED_PROJECT] })
    const error = (() => {
      try {
        return reload(running, file)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(ConfigError)
    expect(JSON.stringify(error) + String(error)).not.toContain(SECRET_KEY)
  })

  it('refuses a file that is gone', () => {
    const running = loadWith(MEMORY, { projects: [project('a')] })
    const gone = () => {
      throw Object.assign(new Error('ENOENT: /etc/secret-path'), { code: 'ENOENT' })
    }
    expect(() => reloadConfig(MEMORY, gone, countingRandom(), running)).toThrow(/cannot be read \(ENOENT\)/)
  })

  it('warns anew', () => {
    const running = loadWith(MEMORY, { projects: [project('a')] })
    const plain = project('a', { allowedOrigins: ['http://app.example.com'] })
    expect(reload(running, { projects: [plain] }).settings.warnings).toEqual([
      ...running.warnings,
      'projects[0].allowedOrigins has a plain http origin: whoever is on its network can act as it.',
    ])
  })
})
