import { describe, expect, it } from 'vitest'
import {
  faultLines,
  HASHED_KEY,
  JWT_SECRET,
  loadWith,
  PINNED_PROJECT,
  SECRET,
  WITH_FILE,
  WITH_REDIS,
} from './load-with.ts'

const { REDIS_URL: _, ...WITHOUT_STORE } = WITH_REDIS

describe('the store', () => {
  it.each([
    [{ STORE: 'memory', ...WITH_REDIS }, 'STORE is memory, and REDIS_URL is set'],
    [{ STORE: 'redis', ...WITHOUT_STORE }, 'STORE is redis, and no Redis is given'],
    [{ NODE_ENV: 'production' }, 'STORE is missing, NODE_ENV is production, and no Redis is given'],
    [{ WORKERS: '2' }, 'WORKERS is more than 1, and the memory store is not shared between processes'],
    [{ STORE: 'memory', WORKERS: '2' }, 'WORKERS is more than 1, and the memory store is not shared between processes'],
    [
      { ...WITH_REDIS, REDIS_CLUSTER_NODES: 'a:1', REDIS_SENTINELS: 'b:1', REDIS_SENTINEL_NAME: 'm' },
      'REDIS_SENTINELS is set beside REDIS_CLUSTER_NODES',
    ],
    [{ ...WITHOUT_STORE, REDIS_SENTINELS: 'b:1' }, 'REDIS_SENTINEL_NAME is missing, and REDIS_SENTINELS is set'],
    [{ REDIS_SENTINEL_NAME: 'm' }, 'REDIS_SENTINELS is missing, and REDIS_SENTINEL_NAME is set'],
    [
      { ...WITH_REDIS, REDIS_URL: 'redis://a/1', REDIS_CLUSTER_NODES: 'a:1' },
      'REDIS_URL names a database, and a Cluster has only database 0',
    ],
    [{ REDIS_WAIT_REPLICAS: '1' }, 'REDIS_WAIT_REPLICAS is set, and no Redis is given'],
    [{ ...WITH_REDIS, REDIS_WAIT_REPLICAS: 'all' }, expect.stringMatching(/^REDIS_WAIT_REPLICAS /)],
  ])('%j', (env, fault) => {
    expect(faultLines(env)).toEqual([fault])
  })

  it('starts in production with memory said in so many words, or with Redis', () => {
    expect(loadWith({ NODE_ENV: 'production', STORE: 'memory' }).store.kind).toBe('memory')
    expect(loadWith({ NODE_ENV: 'production', ...WITH_REDIS, WORKERS: '2' }).store.kind).toBe('redis')
    expect(loadWith({ STORE: 'redis', ...WITH_REDIS }).store.kind).toBe('redis')
  })
})

describe('replicas to wait for', () => {
  const SENTINELS = { ...WITH_REDIS, REDIS_SENTINELS: 'b:1', REDIS_SENTINEL_NAME: 'm' }
  const warned = (env: Record<string, string>) => loadWith(env).warnings.join('\n')

  it('are none unless they are asked for', () => {
    expect(loadWith(WITH_REDIS).store).toMatchObject({ waitReplicas: 0 })
    expect(loadWith({ ...WITH_REDIS, REDIS_WAIT_REPLICAS: '2' }).store).toMatchObject({ waitReplicas: 2 })
  })

  it('are warned of where a failover is possible and nobody has decided', () => {
    expect(warned(SENTINELS)).toContain('REDIS_WAIT_REPLICAS is not set')
    expect(warned({ ...SENTINELS, REDIS_WAIT_REPLICAS: '0' })).not.toContain('REDIS_WAIT_REPLICAS')
    expect(warned(WITH_REDIS)).not.toContain('REDIS_WAIT_REPLICAS')
  })
})

describe('ports', () => {
  it('may both be any free one', () => {
    expect(loadWith({ PORT: '0', METRICS_PORT: '0' }).server).toMatchObject({ port: 0, metricsPort: 0 })
  })

  it('may not be the same', () => {
    expect(faultLines({ PORT: '9464', METRICS_PORT: '9464' })).toEqual([
      'METRICS_PORT is the port the server itself listens on',
    ])
  })
})

describe('mail', () => {
  it('needs a server for a sender, and with Redis a sender for a server', () => {
    expect(faultLines({ MAIL_FROM: 'a@example.com' })).toEqual([
      'MAIL_FROM is set without SMTP_URL, so no mail would leave',
    ])
    expect(faultLines({ ...WITH_REDIS, SMTP_URL: 'smtp://a' })).toEqual(['MAIL_FROM is missing, and SMTP_URL is set'])
  })

  it.each(['a@example.com', 'My App <no-reply@example.com>', 'a+b@[127.0.0.1]'])('is sent from %s', (from) => {
    expect(loadWith({ SMTP_URL: 'smtps://u:p@a:465', MAIL_FROM: from }).mail?.from).toBe(from)
  })

  it.each(['nobody', 'a@b@c', 'a@example.com\nBcc: x@example.com', 'A <a@example.com', '<>'])(
    'is not sent from %j',
    (from) => {
      expect(faultLines({ SMTP_URL: 'smtp://a', MAIL_FROM: from })).toEqual([
        expect.stringMatching(/not a mail address/),
      ])
    },
  )
})

describe('with Redis', () => {
  it('allows no wildcard port of localhost', () => {
    const fault = 'allows every port of localhost, which works with the memory store only'
    expect(faultLines({ ...WITH_REDIS, ALLOWED_ORIGINS: 'http://localhost:*' })).toEqual([`ALLOWED_ORIGINS ${fault}`])
    const project = { ...PINNED_PROJECT, allowedOrigins: ['https://a.example', 'http://localhost:*'] }
    const env = { ...WITH_FILE, REDIS_URL: 'redis://a', WALLETGATE_SECRET: SECRET }
    expect(faultLines(env, { projects: [project] })).toEqual([`projects[0].allowedOrigins[1] ${fault}`])
  })

  it('takes no example for a MoonKey secret key', () => {
    const example = 'sk_test_replace_me_with_48_letters_and_digits'
    expect(faultLines({ ...WITH_REDIS, PROJECT_SECRET_KEY: example })).toEqual([
      'PROJECT_SECRET_KEY is a well-known example',
    ])
    const project = { ...PINNED_PROJECT, moonkey: { appId: 'app_a', secretKeys: [example] } }
    const env = { ...WITH_FILE, REDIS_URL: 'redis://a', WALLETGATE_SECRET: SECRET }
    expect(faultLines(env, { projects: [project] })).toEqual([
      'projects[0].moonkey.secretKeys[0] is a well-known example',
    ])
  })
})

describe('names of the one project beside a file', () => {
  it.each([
    'PROJECT_ID',
    'PROJECT_NAME',
    'PROJECT_SECRET_KEY',
    'PROJECT_PUBLIC_KEY',
    'ALLOWED_ORIGINS',
    'CHAIN_ID',
    'AUTH_JWT_SECRET',
    'AUTH_SIWE_STATEMENT',
    'AUTH_NONCE_TTL_SECS',
    'EVM_RPC_URLS',
  ])('%s is a fault', (name) => {
    const value =
      name === 'EVM_RPC_URLS'
        ? '{}'
        : { PROJECT_SECRET_KEY: 'sk_a', PROJECT_PUBLIC_KEY: 'pk_a', ALLOWED_ORIGINS: 'https://a.example' }[name]
    expect(faultLines({ ...WITH_FILE, [name]: value ?? '1' }, { projects: [PINNED_PROJECT] })).toEqual([
      `${name} describes the one project of a start without WALLETGATE_CONFIG, which is set`,
    ])
  })
})

describe('between the projects of a file', () => {
  const other = {
    id: 'other',
    walletkit: { projectId: 'other' },
    moonkey: { appId: 'app_other', secretKeys: ['sk_other'], publicKeys: ['pk_other'] },
    fourmica: { hosts: ['other.example'], jwtSecret: `${JWT_SECRET}0` },
  }

  it('two that share nothing are accepted', () => {
    expect(loadWith(WITH_FILE, { projects: [PINNED_PROJECT, other] }).projects).toHaveLength(2)
  })

  it.each([
    [{ id: 'demo' }, 'projects[1].id is the same as projects[0].id'],
    [
      { walletkit: { projectId: 'Demo' } },
      'projects[1].walletkit.projectId is the same as projects[0].walletkit.projectId',
    ],
    [
      { moonkey: { ...other.moonkey, appId: 'app_demo' } },
      'projects[1].moonkey.appId is the same as projects[0].moonkey.appId',
    ],
    [
      { moonkey: { ...other.moonkey, secretKeys: ['sk_other', PINNED_PROJECT.moonkey.secretKeys[0]] } },
      'projects[1].moonkey.secretKeys[1] is the same as projects[0].moonkey.secretKeys[0]',
    ],
    [
      { moonkey: { ...other.moonkey, secretKeys: ['sk_other', HASHED_KEY.toUpperCase().replace('SHA', 'sha')] } },
      'projects[1].moonkey.secretKeys[1] is the same as projects[0].moonkey.secretKeys[0]',
    ],
    [
      { moonkey: { ...other.moonkey, secretKeys: [`sha256:${'a'.repeat(64)}`, `sha256:${'A'.repeat(64)}`] } },
      'projects[1].moonkey.secretKeys[1] is the same as projects[1].moonkey.secretKeys[0]',
    ],
    [
      { moonkey: { appId: 'app_other', publicKeys: ['pk_other'] } },
      'projects[1].moonkey.secretKeys is missing, so no server could call',
    ],
    [
      { moonkey: { ...other.moonkey, publicKeys: ['pk_other', 'pk_other'] } },
      'projects[1].moonkey.publicKeys[1] is the same as projects[1].moonkey.publicKeys[0]',
    ],
    [
      { fourmica: { ...other.fourmica, hosts: ['AUTH.example.com'] } },
      'projects[1].fourmica.hosts[0] is the same as projects[0].fourmica.hosts[0]',
    ],
    [
      { fourmica: { jwtSecret: JWT_SECRET } },
      'projects[1].fourmica.hosts is missing or empty, so no request would reach this section',
    ],
    [
      { fourmica: { ...other.fourmica, hosts: [] } },
      'projects[1].fourmica.hosts is missing or empty, so no request would reach this section',
    ],
  ])('%j is a fault', (change, fault) => {
    expect(faultLines(WITH_FILE, { projects: [PINNED_PROJECT, { ...other, ...change }] })).toEqual([fault])
  })

  it('finds a key that comes before its hash, and the other way round', () => {
    const moonkey = { ...PINNED_PROJECT.moonkey, secretKeys: [HASHED_KEY] }
    expect(
      faultLines(WITH_FILE, {
        projects: [
          { ...PINNED_PROJECT, moonkey },
          { ...other, moonkey: { ...other.moonkey, secretKeys: PINNED_PROJECT.moonkey.secretKeys } },
        ],
      }),
    ).toEqual(['projects[1].moonkey.secretKeys[0] is the same as projects[0].moonkey.secretKeys[0]'])
  })

  it('lets an App do without keys of its configuration where others can be made', () => {
    const { REDIS_URL, WALLETGATE_SECRET } = WITH_REDIS
    const file = { projects: [{ id: 'a', moonkey: { appId: 'app_a' } }] }
    const [project] = loadWith({ ...WITH_FILE, REDIS_URL, WALLETGATE_SECRET }, file).projects
    expect(project.moonkey).toEqual({ appId: 'app_a', secretKeys: [], publicKeys: [] })
  })
})
