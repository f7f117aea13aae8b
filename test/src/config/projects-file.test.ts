import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import {
  countingRandom,
  faultLines,
  faultsOf,
  loadWith,
  PINNED_PROJECT,
  SECRET,
  SECRET_KEY,
  WITH_FILE,
} from './load-with.ts'

const at = (change: object) => ({ projects: [{ ...PINNED_PROJECT, ...change }] })

describe('the projects file', () => {
  it('is read from the path given, in its pinned shape', () => {
    const paths: string[] = []
    const readFile = (path: string) => {
      paths.push(path)
      return `\uFEFF${JSON.stringify({ projects: [PINNED_PROJECT] })}`
    }
    const settings = loadConfig({ WALLETGATE_CONFIG: '/etc/walletgate.json' }, readFile, countingRandom())
    expect(paths).toEqual(['/etc/walletgate.json'])
    expect(settings.projects).toEqual([
      {
        ...PINNED_PROJECT,
        wildcardOrigins: [],
        allowLocalhost: false,
        evmRpcUrls: { 'eip155:84532': ['http://127.0.0.1:8545'] },
        allowedFactories: null,
        walletkit: { projectId: 'demo', rpId: null, accessTtlSeconds: 43_200, refreshTtlSeconds: 2_592_000 },
        fourmica: {
          ...PINNED_PROJECT.fourmica,
          nonceTtlSeconds: 300,
          accessTtlSeconds: 900,
          refreshTtlSeconds: 2592000,
        },
      },
    ])
    expect(settings.generated).toEqual([])
  })

  it('switches off each dialect whose section is absent, and fills in the rest', () => {
    const [project] = loadWith(WITH_FILE, { projects: [{ id: 'a' }] }).projects
    expect(project).toEqual({
      id: 'a',
      name: 'My App',
      allowedOrigins: ['http://localhost:8787'],
      wildcardOrigins: [],
      allowLocalhost: true,
      evmRpcUrls: {},
      allowedFactories: null,
      walletkit: null,
      moonkey: null,
      fourmica: null,
    })
  })

  it('takes the factories of undeployed accounts, in any letter case', () => {
    const factory = '0x0000000000FFe8B47B3e2130213B802212439497'
    const [project] = loadWith(WITH_FILE, { projects: [{ id: 'a', allowedFactories: [factory] }] }).projects
    expect(project.allowedFactories).toEqual([factory.toLowerCase()])
  })

  it('takes the domain of passkeys and life times of a WalletKit section', () => {
    const walletkit = { projectId: 'a', rpId: 'example.com', accessTtlSecs: 900, refreshTtlSecs: 3600 }
    const [project] = loadWith(WITH_FILE, {
      projects: [{ id: 'a', allowedOrigins: ['https://app.example.com'], walletkit }],
    }).projects
    expect(project.walletkit).toEqual({
      projectId: 'a',
      rpId: 'example.com',
      accessTtlSeconds: 900,
      refreshTtlSeconds: 3600,
    })
  })

  it.each(['example.com', 'app.example.com'])('takes %s as the domain of passkeys of https://*.example.com', (rpId) => {
    const walletkit = { projectId: 'a', rpId }
    const [project] = loadWith(WITH_FILE, {
      projects: [{ id: 'a', allowedOrigins: ['https://*.example.com'], walletkit }],
    }).projects
    expect(project.walletkit?.rpId).toBe(rpId)
  })

  it.each(['b.app.example.com', 'example.org', 'xexample.com'])(
    'takes no %s as the domain of passkeys of https://*.example.com',
    (rpId) => {
      expect(
        faultLines(WITH_FILE, at({ allowedOrigins: ['https://*.example.com'], walletkit: { projectId: 'a', rpId } })),
      ).toEqual(['projects[0].walletkit.rpId is the domain of no allowed origin'])
    },
  )

  it('takes life times of a 4mica section', () => {
    const fourmica = { ...PINNED_PROJECT.fourmica, nonceTtlSecs: 1, accessTtlSecs: 120, refreshTtlSecs: 300 }
    const [project] = loadWith(WITH_FILE, { projects: [{ ...PINNED_PROJECT, fourmica }] }).projects
    expect(project.fourmica).toMatchObject({ nonceTtlSeconds: 1, accessTtlSeconds: 120, refreshTtlSeconds: 300 })
  })

  it('trims the shared secret as 4mica core does, before it is judged', () => {
    const withSecret = (jwtSecret: string) => at({ fourmica: { ...PINNED_PROJECT.fourmica, jwtSecret } })
    expect(loadWith(WITH_FILE, withSecret(` ${SECRET}\n`)).projects[0].fourmica?.jwtSecret).toBe(SECRET)
    expect(faultLines(WITH_FILE, withSecret(' dev-insecure-change-me\n'))).toEqual([
      'projects[0].fourmica.jwtSecret is the well-known development secret',
    ])
  })

  it('compares hosts in lower case', () => {
    const fourmica = { ...PINNED_PROJECT.fourmica, hosts: ['Auth.Example.com:8443'] }
    const [project] = loadWith(WITH_FILE, { projects: [{ ...PINNED_PROJECT, fourmica }] }).projects
    expect(project.fourmica?.hosts).toEqual(['auth.example.com:8443'])
  })
})

describe('its server settings', () => {
  const server = {
    host: '0.0.0.0',
    port: 9000,
    publicUrl: 'https://auth.example.com',
    redisUrl: 'redis://cache',
    smtpUrl: 'smtp://mail',
    mailFrom: 'a@example.com',
    trustedProxies: ['10.0.0.0/8'],
    rateLimits: 'off',
    logLevel: 'warn',
    metricsPort: 9464,
    playground: 'on',
    workers: 4,
    drainDelaySecs: 5,
  }
  const file = { server, projects: [PINNED_PROJECT] }

  it('hold as if they were in the environment', () => {
    const settings = loadWith({ ...WITH_FILE, WALLETGATE_SECRET: SECRET, NODE_ENV: 'production' }, file)
    const { redisUrl, smtpUrl, mailFrom, drainDelaySecs, ...rest } = server
    expect(settings.server).toEqual({ ...rest, drainDelaySeconds: drainDelaySecs, playground: true })
    expect(settings.store.kind).toBe('redis')
    expect(settings.mail).toEqual({ smtpUrl: 'smtp://mail', from: 'a@example.com' })
  })

  it('yield to the environment, name by name', () => {
    const settings = loadWith({ ...WITH_FILE, WALLETGATE_SECRET: SECRET, HOST: '127.0.0.1', WORKERS: '2' }, file)
    expect(settings.server).toMatchObject({ host: '127.0.0.1', workers: 2, port: 9000 })
  })

  it('are named by their place in faults', () => {
    expect(faultLines(WITH_FILE, { server: { workers: 2, metricsPort: 8787 }, projects: [PINNED_PROJECT] })).toEqual([
      'server.workers is more than 1, and the memory store is not shared between processes',
      'server.metricsPort is the port the server itself listens on',
    ])
    expect(
      faultLines(WITH_FILE, { server: { port: '80', redisSentinelName: 'm' }, projects: [PINNED_PROJECT] }),
    ).toEqual([
      'server.port is text of 2 characters, not a number',
      'REDIS_SENTINELS is missing, and REDIS_SENTINEL_NAME is set',
    ])
  })
})

const FAULTY: readonly (readonly [title: string, file: unknown, faults: readonly string[]])[] = [
  ['no object', [], ['(file) is an empty list, not an object']],
  ['no projects', {}, ['projects is missing']],
  ['an empty list of projects', { projects: [] }, ['projects is an empty list']],
  ['projects that are no list', { projects: {} }, ['projects is an object, not a list']],
  ['an unknown key', { projects: [PINNED_PROJECT], project: 1 }, ['project is not a setting']],
  [
    'an unknown server key',
    { server: { redisURL: 'x' }, projects: [PINNED_PROJECT] },
    ['server.redisURL is not a setting'],
  ],
  ['an unknown section', at({ fourMica: {} }), ['projects[0].fourMica is not a setting']],
  ['a missing id', at({ id: undefined }), ['projects[0].id is missing']],
  ['an id that is null', at({ id: null }), ['projects[0].id is null, not text']],
  [
    'a bad id',
    at({ id: 'a b' }),
    ['projects[0].id is text of 3 characters, not an id of 1 to 64 letters, digits, _ and -'],
  ],
  ['a section that is null', at({ walletkit: null }), ['projects[0].walletkit is null, not an object']],
  [
    'a factory that is no address',
    at({ allowedFactories: ['0x1'] }),
    ['projects[0].allowedFactories[0] is text of 3 characters, not an Ethereum address'],
  ],
  ['no WalletKit project id', at({ walletkit: {} }), ['projects[0].walletkit.projectId is missing']],
  ...['https://example.com', 'Example.com', '127.0.0.1', 'example.com:443', 'a..b', '', '-a.b', 'a_b.c'].map(
    (rpId): [string, object, string[]] => [
      `an RP id that is no domain name: ${rpId}`,
      at({ walletkit: { projectId: 'a', rpId } }),
      [
        `projects[0].walletkit.rpId is ${rpId === '' ? 'empty text' : `text of ${rpId.length} characters`}, not a domain name in lower case`,
      ],
    ],
  ),
  [
    'an RP id that is the domain of no allowed origin',
    at({ allowedOrigins: ['https://badexample.com'], walletkit: { projectId: 'a', rpId: 'example.com' } }),
    ['projects[0].walletkit.rpId is the domain of no allowed origin'],
  ],
  [
    'an access token that iOS would refresh before each call',
    at({ walletkit: { projectId: 'a', accessTtlSecs: 300 } }),
    ['projects[0].walletkit.accessTtlSecs is text of 3 characters, not a whole number from 900 to 86400'],
  ],
  ['no origins', at({ allowedOrigins: [] }), ['projects[0].allowedOrigins is an empty list']],
  [
    'a bad origin',
    at({ allowedOrigins: ['https://a.example', 'https://b.example/x'] }),
    ['projects[0].allowedOrigins[1] is text of 19 characters, not an http or https origin'],
  ],
  [
    'no secret keys',
    at({ moonkey: { appId: 'app_a', secretKeys: [] } }),
    ['projects[0].moonkey.secretKeys is an empty list'],
  ],
  [
    'keys of the wrong kind',
    at({ moonkey: { appId: 'app_a', secretKeys: ['pk_x'], publicKeys: ['sk_x'] } }),
    [
      'projects[0].moonkey.secretKeys[0] does not begin with sk_',
      'projects[0].moonkey.publicKeys[0] does not begin with pk_',
    ],
  ],
  [
    'a host with a scheme, a fractional chain id and no secret',
    at({ fourmica: { hosts: ['https://a.example'], chainId: 1.5 } }),
    [
      'projects[0].fourmica.hosts[0] is text of 17 characters, not a host',
      'projects[0].fourmica.chainId is text of 3 characters, not a whole number from 1 to 9007199254740991',
      'projects[0].fourmica.jwtSecret is missing',
    ],
  ],
  [
    'an RPC URL of the wrong kind',
    at({ evmRpcUrls: { 'eip155:1': 5 } }),
    ['projects[0].evmRpcUrls["eip155:1"] is a number, not text or a list of texts'],
  ],
  [
    'an RPC URL for another chain',
    at({ evmRpcUrls: { solana: 'https://a.example' } }),
    ['projects[0].evmRpcUrls has a key, number 1, that is no EVM chain id'],
  ],
]

describe('a faulty file', () => {
  it.each(FAULTY)('with %s', (_title, file, faults) => {
    expect(faultLines(WITH_FILE, file)).toEqual(faults)
  })

  it('suggests the key that was meant', () => {
    expect(faultsOf(WITH_FILE, at({ alowedOrigins: [] })).faults[0]?.remedy).toBe('Did you mean allowedOrigins?')
    expect(faultsOf(WITH_FILE, { server: { workes: 1 }, projects: [PINNED_PROJECT] }).faults[0]?.remedy).toBe(
      'Did you mean workers?',
    )
  })

  it('that is no JSON is named with its line, and not quoted', () => {
    const text = `{\n  "projects": [\n    { "secretKeys": ["${SECRET_KEY}" "x"] }\n  ]\n}`
    const { message } = faultsOf(WITH_FILE, text)
    expect(message).toContain('names a file that is not JSON (line 3)')
    expect(message).not.toContain(SECRET_KEY.slice(0, 12))
  })

  it.each([`{"a": ${SECRET}}`, SECRET_KEY, '', '{"projects": ['])('that holds %j is not quoted', (text) => {
    const { message } = faultsOf(WITH_FILE, text)
    expect(message).toContain('names a file that is not JSON')
    expect(message).not.toContain(SECRET.slice(0, 8))
    expect(message).not.toContain(SECRET_KEY.slice(0, 12))
  })

  it.each([{}, { STORE: 'redis', WALLETGATE_SECRET: SECRET }])(
    'that cannot be read is one fault beside others, with %j',
    (store) => {
      const readFile = () => {
        throw Object.assign(new Error('ENOENT: no such file, open /secret/path'), { code: 'ENOENT' })
      }
      const load = () =>
        loadConfig({ ...WITH_FILE, PORT: 'x', NODE_ENV: 'production', ...store }, readFile, countingRandom())
      expect(load).toThrow(
        /has 2 faults:\n {2}- PORT .*\n {2}- WALLETGATE_CONFIG names a file that cannot be read \(ENOENT\)/,
      )
      expect(load).not.toThrow('/secret/path')
    },
  )
})
