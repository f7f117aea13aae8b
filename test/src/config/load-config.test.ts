import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import {
  countingRandom,
  faultLines,
  faultsOf,
  JWT_SECRET,
  loadWith,
  PINNED_PROJECT,
  PUBLIC_KEY,
  SECRET,
  SECRET_KEY,
  WITH_FILE,
  WITH_REDIS,
} from './load-with.ts'

describe('a first start, with nothing set', () => {
  const settings = loadWith({})
  const [project] = settings.projects

  it('listens locally and keeps everything in memory', () => {
    expect(settings.server).toEqual({
      host: '127.0.0.1',
      port: 8787,
      publicUrl: 'http://localhost:8787',
      workers: 1,
      drainDelaySeconds: 0,
      trustedProxies: [],
      metricsPort: null,
      rateLimits: 'on',
      logLevel: 'info',
      playground: true,
    })
    expect(settings.store).toEqual({ kind: 'memory' })
    expect(settings.mail).toBeNull()
    expect(settings.warnings).toEqual(['The store is memory: a restart forgets every user, wallet, session and key.'])
  })

  it('has one project with all three dialects', () => {
    expect(settings.projects).toHaveLength(1)
    expect(project).toMatchObject({
      name: 'My App',
      allowedOrigins: ['http://localhost:8787'],
      wildcardOrigins: [],
      allowLocalhost: true,
      evmRpcUrls: {},
      allowedFactories: null,
      walletkit: { projectId: project.id, rpId: null, accessTtlSeconds: 43_200, refreshTtlSeconds: 2_592_000 },
      moonkey: { appId: project.id },
    })
    expect(project.fourmica).toEqual({
      hosts: [],
      chainId: 1,
      jwtSecret: project.fourmica?.jwtSecret,
      jwtIssuer: '4mica-core',
      jwtAudience: '4mica',
      siweDomain: 'localhost:8787',
      siweUri: 'http://localhost:8787',
      siweStatement: 'Sign in to 4mica.',
      nonceTtlSeconds: 300,
      accessTtlSeconds: 900,
      refreshTtlSeconds: 2_592_000,
    })
  })

  it('generates what looks like the vendors’ own, and lists it', () => {
    const value = (name: string) => settings.generated.find((generated) => generated.name === name)?.value
    expect(settings.generated.map(({ name }) => name)).toEqual([
      'PROJECT_ID',
      'PROJECT_SECRET_KEY',
      'PROJECT_PUBLIC_KEY',
      'AUTH_JWT_SECRET',
    ])
    expect(value('PROJECT_ID')).toMatch(/^app_[0-9A-Za-z]{27}$/)
    expect(value('PROJECT_SECRET_KEY')).toMatch(/^sk_test_[0-9A-Za-z]{48}$/)
    expect(value('PROJECT_PUBLIC_KEY')).toMatch(/^pk_test_[0-9A-Za-z]{48}$/)
    expect(value('AUTH_JWT_SECRET')).toMatch(/^[0-9a-f]{64}$/)
    expect(project.id).toBe(value('PROJECT_ID'))
    expect(project.moonkey?.secretKeys).toEqual([value('PROJECT_SECRET_KEY')])
    expect(project.moonkey?.publicKeys).toEqual([value('PROJECT_PUBLIC_KEY')])
    expect(project.fourmica?.jwtSecret).toBe(value('AUTH_JWT_SECRET'))
    expect(settings.secrets.map((secret) => secret.length)).toEqual([32])
  })

  it('is accepted again with the generated values set, and generates nothing then', () => {
    const env = Object.fromEntries(settings.generated.map(({ name, value }) => [name, value]))
    const again = loadWith(env)
    expect(again.generated).toEqual([])
    expect(again.projects).toEqual(settings.projects)
  })
})

describe('determinism', () => {
  it('gives the same settings for the same environment and random bytes, and others for others', () => {
    const load = (seed: number) => loadConfig({}, () => '', countingRandom(seed))
    expect(load(1)).toEqual(load(1))
    expect(load(1).generated).not.toEqual(load(2).generated)
  })

  it('asks for no random byte with Redis', () => {
    const random = countingRandom()
    expect(loadConfig(WITH_REDIS, () => '', random).generated).toEqual([])
    expect(random.drawn()).toBe(0)
  })

  it('asks for no random byte before a fault is reported', () => {
    const random = countingRandom()
    expect(() => loadConfig({ PORT: 'x' }, () => '', random)).toThrow('PORT')
    expect(random.drawn()).toBe(0)
  })

  it('derives one and the same App id from a project id, and keeps an App id', () => {
    const appId = (id: string) => loadWith({ ...WITH_REDIS, PROJECT_ID: id }).projects[0].moonkey?.appId
    // Computed with the ksuid package. Pinned: users' sessions name it as issuer, so it must not move between versions.
    expect(appId('demo')).toBe('app_AlLzmO8XPeX1hsAE0Bqx0Y1mBxA')
    expect(appId('demo2')).not.toBe(appId('demo'))
    expect(appId('app_2Bcmv5uW1hHFvGcqFKHRzrIgJwX')).toBe('app_2Bcmv5uW1hHFvGcqFKHRzrIgJwX')
  })
})

describe('the result', () => {
  it('is frozen all the way down', () => {
    const settings = loadWith(WITH_FILE, { projects: [PINNED_PROJECT] })
    const thawed: string[] = []
    const visit = (value: unknown, path: string) => {
      if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
      if (!Object.isFrozen(value)) thawed.push(path)
      for (const [key, part] of Object.entries(value)) visit(part, `${path}.${key}`)
    }
    visit(settings, 'settings')
    expect(thawed).toEqual([])
    expect(() => Reflect.apply(Array.prototype.push, settings.projects[0].allowedOrigins, ['x'])).toThrow(TypeError)
  })

  it('reads the environment once: later changes do not reach it', () => {
    const env: Record<string, string> = { PROJECT_ID: 'demo' }
    const settings = loadWith(env)
    env['PROJECT_ID'] = 'other'
    expect(settings.projects[0].id).toBe('demo')
  })
})

describe('every fault in one go', () => {
  it('lists faults of the environment, of names and of combinations together', () => {
    const faults = faultsOf({
      PORT: '87870',
      WORKERS: '0',
      LOG_LEVEL: 'verbose',
      REDIS_URL: 'http://127.0.0.1',
      ALLOWED_ORIGINS: 'https://ok.example.com, https://bad.example.com/path',
      AUTH_JWT_SECERT: JWT_SECRET,
      WALLETGATE_SECRT: SECRET,
      AUTH_NONCE_TTL_SECS: '5m',
      MAIL_FROM: 'a@example.com',
    })
    expect(faults.faults.map(({ name }) => name)).toEqual([
      'PORT',
      'REDIS_URL',
      'LOG_LEVEL',
      'WORKERS',
      'ALLOWED_ORIGINS',
      'AUTH_NONCE_TTL_SECS',
      'AUTH_JWT_SECERT',
      'WALLETGATE_SECRT',
      'WALLETGATE_SECRET',
      'MAIL_FROM',
      'PROJECT_ID',
      'PROJECT_SECRET_KEY',
      'AUTH_JWT_SECRET',
    ])
    expect(faults.message).toContain(
      'has 13 faults:\n  - PORT is text of 5 characters, not a whole number from 0 to 65535.',
    )
    expect(faults.message).toContain('Did you mean AUTH_JWT_SECRET?\n')
  })

  it('lists faults of the environment and of the file together, those between projects too', () => {
    const names = faultLines(
      { ...WITH_FILE, PORT: 'x', CHAIN_ID: '1' },
      {
        projects: [
          PINNED_PROJECT,
          {
            ...PINNED_PROJECT,
            nmae: 'x',
            fourmica: { ...PINNED_PROJECT.fourmica, chainId: '1', jwtSecret: undefined },
          },
        ],
      },
    ).map((line) => line.split(' ')[0])
    expect(names).toEqual([
      'PORT',
      'projects[1].fourmica.chainId',
      'projects[1].fourmica.jwtSecret',
      'projects[1].nmae',
      'CHAIN_ID',
      'projects[1].id',
      'projects[1].walletkit.projectId',
      'projects[1].moonkey.appId',
      'projects[1].moonkey.secretKeys[0]',
      'projects[1].moonkey.publicKeys[0]',
      'projects[1].fourmica.hosts[0]',
    ])
  })
})

describe('a start with Redis', () => {
  it('starts with the five names it needs, and no localhost wildcard', () => {
    const settings = loadWith({ ...WITH_REDIS, PUBLIC_URL: 'https://auth.example.com' })
    expect(settings.projects[0]).toMatchObject({
      id: 'demo',
      allowedOrigins: ['https://auth.example.com'],
      wildcardOrigins: [],
      allowLocalhost: false,
      walletkit: { projectId: 'demo' },
      moonkey: { secretKeys: [SECRET_KEY], publicKeys: [PUBLIC_KEY] },
      fourmica: { jwtSecret: JWT_SECRET, siweDomain: 'auth.example.com', siweUri: 'https://auth.example.com' },
    })
    expect(settings.secrets).toEqual([new TextEncoder().encode(SECRET)])
  })

  it('names each thing that must outlive a restart', () => {
    expect(faultLines({ REDIS_URL: 'redis://127.0.0.1' })).toEqual(
      ['WALLETGATE_SECRET', 'PROJECT_ID', 'PROJECT_SECRET_KEY', 'AUTH_JWT_SECRET'].map(
        (name) => `${name} is missing; with Redis it must be the same after a restart and on every replica`,
      ),
    )
    expect(faultsOf({ REDIS_URL: 'redis://127.0.0.1' }).message).toContain('openssl rand -hex 32')
  })

  it('does without a public key, and says what that costs', () => {
    const settings = loadWith({ ...WITH_REDIS, PROJECT_PUBLIC_KEY: '' })
    expect(settings.projects[0].moonkey?.publicKeys).toEqual([])
    expect(settings.warnings).toContain(
      'PROJECT_PUBLIC_KEY is not set: MoonKey calls from browsers are refused without a public key of “walletgate api-keys create”.',
    )
  })

  it('reads several secrets, newest first', () => {
    const settings = loadWith({ ...WITH_REDIS, WALLETGATE_SECRET: ` ${JWT_SECRET}x , ${SECRET} ` })
    expect(settings.secrets.map((secret) => Buffer.from(secret).toString())).toEqual([`${JWT_SECRET}x`, SECRET])
  })
})
