import { describe, expect, it } from 'vitest'
import type { Settings } from '../../../src/config/settings.ts'
import { faultLines, HASHED_KEY, JWT_SECRET, loadWith, SECRET, SECRET_KEY, WITH_REDIS } from './load-with.ts'

type Case = readonly [name: string, value: string, pick: (settings: Settings) => unknown, expected: unknown]
const fourmica = (settings: Settings) => settings.projects[0].fourmica

const GOOD: readonly Case[] = [
  ['HOST', '0.0.0.0', (s) => s.server.host, '0.0.0.0'],
  ['HOST', '::', (s) => s.server.host, '::'],
  ['HOST', 'auth_1.internal', (s) => s.server.host, 'auth_1.internal'],
  ['PORT', '1', (s) => [s.server.port, s.server.publicUrl], [1, 'http://localhost:1']],
  ['PORT', '80', (s) => s.server.publicUrl, 'http://localhost'],
  ['PORT', '0', (s) => s.server.port, 0],
  ['PORT', '65535', (s) => s.server.port, 65535],
  ['PORT', ' 80\n', (s) => s.server.port, 80],
  ['PORT', '', (s) => s.server.port, 8787],
  ['PUBLIC_URL', 'HTTPS://Auth.Example.com:443/', (s) => s.server.publicUrl, 'https://auth.example.com'],
  ['PUBLIC_URL', 'https://a.example:8443', (s) => fourmica(s)?.siweDomain, 'a.example:8443'],
  ['STORE', 'memory', (s) => s.store, { kind: 'memory' }],
  ['WALLETGATE_SECRET', 'ü'.repeat(16), (s) => s.secrets[0]?.length, 32],
  ['PROJECT_ID', 'a', (s) => s.projects[0].walletkit?.projectId, 'a'],
  ['PROJECT_ID', 'Z_-9'.repeat(16), (s) => s.projects[0].id.length, 64],
  ['PROJECT_NAME', 'Café 東京', (s) => s.projects[0].name, 'Café 東京'],
  ['PROJECT_SECRET_KEY', SECRET_KEY, (s) => s.projects[0].moonkey?.secretKeys, [SECRET_KEY]],
  ['PROJECT_SECRET_KEY', HASHED_KEY, (s) => s.projects[0].moonkey?.secretKeys, [HASHED_KEY]],
  [
    'PROJECT_SECRET_KEY',
    `sha256:${'AB'.repeat(32)}`,
    (s) => s.projects[0].moonkey?.secretKeys,
    [`sha256:${'ab'.repeat(32)}`],
  ],
  ['PROJECT_PUBLIC_KEY', 'pk_dev_1', (s) => s.projects[0].moonkey?.publicKeys, ['pk_dev_1']],
  [
    'ALLOWED_ORIGINS',
    'https://A.example:443/,http://localhost:3000, https://a.example',
    (s) => [s.projects[0].allowedOrigins, s.projects[0].allowLocalhost],
    [['https://a.example', 'http://localhost:3000'], false],
  ],
  [
    'ALLOWED_ORIGINS',
    'https://a.example,http://localhost:*',
    (s) => [s.projects[0].allowedOrigins, s.projects[0].allowLocalhost],
    [['https://a.example'], true],
  ],
  [
    'ALLOWED_ORIGINS',
    'https://*.Example.com/,https://*.a.b.example.com:443,http://*.example.com:8080,https://*.bücher.example',
    (s) => s.projects[0].wildcardOrigins,
    [
      'https://*.example.com',
      'https://*.a.b.example.com',
      'http://*.example.com:8080',
      'https://*.xn--bcher-kva.example',
    ],
  ],
  ['ALLOWED_ORIGINS', 'http://[::1]:80', (s) => s.projects[0].allowedOrigins, ['http://[::1]']],
  ['CHAIN_ID', '84532', (s) => fourmica(s)?.chainId, 84532],
  ['CHAIN_ID', '9007199254740991', (s) => fourmica(s)?.chainId, 9007199254740991],
  ['AUTH_JWT_SECRET', ` ${JWT_SECRET}\n`, (s) => fourmica(s)?.jwtSecret, JWT_SECRET],
  ['AUTH_JWT_ISSUER', 'https://issuer.example', (s) => fourmica(s)?.jwtIssuer, 'https://issuer.example'],
  ['AUTH_JWT_AUDIENCE', 'a', (s) => fourmica(s)?.jwtAudience, 'a'],
  ['AUTH_SIWE_DOMAIN', ' app.example.com:8443 ', (s) => fourmica(s)?.siweDomain, 'app.example.com:8443'],
  ['AUTH_SIWE_DOMAIN', '[2001:db8::1]:80', (s) => fourmica(s)?.siweDomain, '[2001:db8::1]:80'],
  [
    'AUTH_SIWE_URI',
    'https://app.example.com/login?x=%20#y',
    (s) => fourmica(s)?.siweUri,
    'https://app.example.com/login?x=%20#y',
  ],
  [
    'AUTH_SIWE_STATEMENT',
    "Sign in: (a/b) [c]? #1 & $2, it's free!",
    (s) => fourmica(s)?.siweStatement,
    "Sign in: (a/b) [c]? #1 & $2, it's free!",
  ],
  ['AUTH_NONCE_TTL_SECS', '1', (s) => fourmica(s)?.nonceTtlSeconds, 1],
  ['AUTH_ACCESS_TTL_SECS', '86400', (s) => fourmica(s)?.accessTtlSeconds, 86400],
  ['AUTH_REFRESH_TTL_SECS', '31622400', (s) => fourmica(s)?.refreshTtlSeconds, 31622400],
  [
    'EVM_RPC_URLS',
    '{"eip155:1":"https://a.example/key","eip155:8453":["https://b.example","http://127.0.0.1:8545"]}',
    (s) => s.projects[0].evmRpcUrls,
    { 'eip155:1': ['https://a.example/key'], 'eip155:8453': ['https://b.example', 'http://127.0.0.1:8545'] },
  ],
  [
    'SMTP_URL',
    'smtp://127.0.0.1:2525',
    (s) => s.mail,
    { smtpUrl: 'smtp://127.0.0.1:2525', from: 'no-reply@localhost' },
  ],
  ['TRUSTED_PROXIES', '10.0.0.0/8, ::1,fd00::/8', (s) => s.server.trustedProxies, ['10.0.0.0/8', '::1', 'fd00::/8']],
  ['RATE_LIMITS', 'off', (s) => s.server.rateLimits, 'off'],
  ['LOG_LEVEL', 'silent', (s) => s.server.logLevel, 'silent'],
  ['METRICS_PORT', '9464', (s) => s.server.metricsPort, 9464],
  ['DRAIN_DELAY_SECS', '300', (s) => s.server.drainDelaySeconds, 300],
  ['WORKERS', '1', (s) => s.server.workers, 1],
]

describe('a good value', () => {
  it.each(GOOD)('%s = %j', (name, value, pick, expected) => {
    expect(pick(loadWith({ [name]: value }))).toEqual(expected)
  })
})

const STATEMENT = 'AUTH_SIWE_STATEMENT'
const BAD: readonly (readonly [name: string, value: string, problem: RegExp])[] = [
  ['HOST', 'localhost:80', /not a host name/],
  ['HOST', 'http://localhost', /not a host name/],
  ['HOST', 'a..b', /not a host name/],
  ['HOST', ' ', /empty text, not a host name/],
  ['PORT', '65536', /whole number from 0 to 65535/],
  ['PORT', '-1', /whole number/],
  ['DRAIN_DELAY_SECS', '301', /whole number from 0 to 300/],
  ['DRAIN_DELAY_SECS', '5s', /whole number/],
  ['PORT', '080', /whole number/],
  ['PORT', '8e3', /whole number/],
  ['PORT', '80.0', /whole number/],
  ['PORT', 'tcp://10.0.0.1:80', /whole number/],
  ['PUBLIC_URL', 'auth.example.com', /not an http or https origin/],
  ['PUBLIC_URL', 'ftp://auth.example.com', /origin/],
  ['PUBLIC_URL', 'https://auth.example.com/path', /origin/],
  ['PUBLIC_URL', 'https://user:pw@auth.example.com', /origin/],
  ['PUBLIC_URL', 'https://auth.example.com?x', /origin/],
  ['PUBLIC_URL', 'https://*.example.com', /origin/],
  ['PUBLIC_URL', 'https://auth.example.com:99999', /origin/],
  ['STORE', 'Memory', /known words/],
  ['STORE', 'postgres', /known words/],
  ['WALLETGATE_SECRET', SECRET.slice(0, 31), /has an entry, number 1, that has 31 bytes, fewer than 32/],
  ['WALLETGATE_SECRET', `${SECRET},short`, /number 2, that has 5 bytes/],
  ['WALLETGATE_SECRET', `${SECRET},`, /number 2, that has 0 bytes/],
  ['WALLETGATE_SECRET', `${SECRET}, ${SECRET}`, /the same secret twice/],
  ['WALLETGATE_SECRET', 'please-change-me-please-change-me-please', /well-known example/],
  ['WALLETGATE_SECRET', 'a-string-secret-at-least-256-bits-long', /well-known example/],
  ['WALLETGATE_SECRET', 'replace-with-32+bytes-random-replace-with', /well-known example/],
  ['WALLETGATE_SECRET', 'x'.repeat(1025), /more than 1024/],
  ['WALLETGATE_CONFIG', '{"projects":[]}', /is no path/],
  ['WALLETGATE_CONFIG', '  ', /is blank/],
  ['PROJECT_ID', 'my app', /not an id/],
  ['PROJECT_ID', 'a'.repeat(65), /text of 65 characters, not an id/],
  ['PROJECT_ID', 'a/b', /not an id/],
  ['PROJECT_ID', 'a:b', /not an id/],
  ['PROJECT_NAME', 'x'.repeat(65), /not a name/],
  ['PROJECT_NAME', 'My\nApp', /not a name/],
  ['PROJECT_NAME', 'My \u202eppA', /not a name/],
  ['PROJECT_NAME', 'My\u2028App', /not a name/],
  ['PROJECT_SECRET_KEY', 'pk_test_0123', /does not begin with sk_/],
  ['PROJECT_SECRET_KEY', 'sk_', /no key of/],
  ['PROJECT_SECRET_KEY', 'sk_test_a b', /no key of/],
  ['PROJECT_SECRET_KEY', 'sha256:', /no sha256: and 64 hex digits/],
  ['PROJECT_SECRET_KEY', `sha256:${'g'.repeat(64)}`, /no sha256: and 64 hex digits/],
  ['PROJECT_SECRET_KEY', `sha256:${'a'.repeat(65)}`, /no sha256: and 64 hex digits/],
  ['PROJECT_PUBLIC_KEY', `sha256:${'a'.repeat(64)}`, /does not begin with pk_/],
  ['PROJECT_PUBLIC_KEY', SECRET_KEY, /does not begin with pk_/],
  ['ALLOWED_ORIGINS', '*', /number 1, that is a wildcard/],
  ['ALLOWED_ORIGINS', 'https://a.example,https://*.com', /number 2, that is a wildcard .* not in front of a domain/],
  ['ALLOWED_ORIGINS', 'https://*', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.localhost', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.example.com.', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.example.com/path', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.example.com:*', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.user@example.com', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.*.example.com', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://a*.example.com', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://app.*.example.com', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*example.com', /wildcard/],
  ['ALLOWED_ORIGINS', '*.example.com', /wildcard/],
  ['ALLOWED_ORIGINS', '*://*.example.com', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.2.3.4', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.[::1]', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://*.co.uk', /over a domain where anybody can have a name/],
  ['ALLOWED_ORIGINS', 'https://*.COM.au:8443', /over a domain where anybody can have a name/],
  ['ALLOWED_ORIGINS', 'https://*.vercel.app', /over a domain where anybody can have a name/],
  ['ALLOWED_ORIGINS', 'https://*.github.io', /over a domain where anybody can have a name/],
  ['ALLOWED_ORIGINS', 'http://localhost:*/', /wildcard/],
  ['ALLOWED_ORIGINS', 'https://localhost:*', /wildcard/],
  ['ALLOWED_ORIGINS', 'null', /origin/],
  ['ALLOWED_ORIGINS', 'app.example.com', /origin/],
  ['ALLOWED_ORIGINS', 'https://a.example,,https://b.example', /number 2, that is empty text/],
  ['ALLOWED_ORIGINS', 'https://a.example\\@b.example', /origin/],
  ['ALLOWED_ORIGINS', 'javascript://a.example', /origin/],
  ['CHAIN_ID', '0', /whole number from 1/],
  ['CHAIN_ID', '0x1', /whole number/],
  ['CHAIN_ID', 'eip155:1', /whole number/],
  ['CHAIN_ID', '9007199254740992', /whole number/],
  ['AUTH_JWT_SECRET', ' \n', /is blank/],
  ['AUTH_JWT_SECRET', 'dev-insecure-change-me', /well-known development secret/],
  ['AUTH_JWT_SECRET', ' dev-insecure-change-me\n', /well-known development secret/],
  ['AUTH_JWT_SECRET', 'x'.repeat(1025), /more than 1024/],
  ['AUTH_JWT_ISSUER', 'a\tb', /printable/],
  ['AUTH_JWT_AUDIENCE', ' ', /printable/],
  ['AUTH_SIWE_DOMAIN', 'https://app.example.com', /authority/],
  ['AUTH_SIWE_DOMAIN', 'app.example.com/x', /authority/],
  ['AUTH_SIWE_DOMAIN', 'app example.com', /authority/],
  ['AUTH_SIWE_DOMAIN', 'app.example.com\nevil.example', /authority/],
  ['AUTH_SIWE_DOMAIN', ':80', /authority/],
  ['AUTH_SIWE_DOMAIN', 'user@', /authority/],
  ['AUTH_SIWE_URI', 'app.example.com', /absolute RFC 3986 URI/],
  ['AUTH_SIWE_URI', '/login', /absolute/],
  ['AUTH_SIWE_URI', 'https://app.example.com/a b', /absolute/],
  ['AUTH_SIWE_URI', 'https://app.example.com/é', /absolute/],
  ['AUTH_SIWE_URI', 'https:', /absolute/],
  [STATEMENT, '   ', /is blank/],
  [STATEMENT, 'Sign in\nURI: x', /more than one line/],
  [STATEMENT, ' Sign in', /begins or ends with a space/],
  [STATEMENT, 'Sign in ', /begins or ends with a space/],
  [STATEMENT, 'Sign "in"', /ERC-4361/],
  [STATEMENT, '100% safe', /ERC-4361/],
  [STATEMENT, 'Connexion sécurisée', /ERC-4361/],
  [STATEMENT, 'URI: x', /like another field/],
  [STATEMENT, 'x'.repeat(1001), /more than 1000/],
  ['AUTH_NONCE_TTL_SECS', '0', /whole number from 1/],
  ['AUTH_NONCE_TTL_SECS', '86401', /whole number/],
  ['AUTH_NONCE_TTL_SECS', '300s', /whole number/],
  ['AUTH_ACCESS_TTL_SECS', '86401', /whole number/],
  ['AUTH_ACCESS_TTL_SECS', '-1', /whole number/],
  ['AUTH_REFRESH_TTL_SECS', '31622401', /whole number/],
  ['AUTH_REFRESH_TTL_SECS', 'Infinity', /whole number/],
  ['EVM_RPC_URLS', 'https://rpc.example.com', /not JSON/],
  ['EVM_RPC_URLS', '[]', /an empty list, not an object/],
  ['EVM_RPC_URLS', 'null', /null, not an object/],
  ['EVM_RPC_URLS', '{"1":"https://rpc.example.com"}', /key, number 1, that is no EVM chain id/],
  ['EVM_RPC_URLS', '{"eip155:01":"https://rpc.example.com"}', /no EVM chain id/],
  ['EVM_RPC_URLS', '{"solana:x":"https://rpc.example.com"}', /no EVM chain id/],
  ['EVM_RPC_URLS', '{"eip155:1":"wss://rpc.example.com"}', /no list of http or https URLs for eip155:1/],
  ['EVM_RPC_URLS', '{"eip155:1":[]}', /no list/],
  ['EVM_RPC_URLS', '{"eip155:1":"https://u:p%@rpc.example.com"}', /eip155:1 with a % in its user or password/],
  ['EVM_RPC_URLS', '{"eip155:1":["https://rpc.example.com",5]}', /no list/],
  ['EVM_RPC_URLS', '{"__proto__":"https://rpc.example.com"}', /no EVM chain id/],
  ['SMTP_URL', 'smtp.example.com:25', /not an smtp/],
  ['SMTP_URL', 'http://smtp.example.com', /not an smtp/],
  ['SMTP_URL', 'smtp://u:p%@smtp.example.com', /% in its user or password/],
  ['SMTP_URL', 'smtp://u:p@smtp.example.com?rejectUnauthorized=false', /a parameter that is not known/],
  ['TRUSTED_PROXIES', 'loopback', /IP address or CIDR/],
  ['TRUSTED_PROXIES', '10.0.0.0/33', /CIDR/],
  ['TRUSTED_PROXIES', '10.0.0.0/8/8', /CIDR/],
  ['TRUSTED_PROXIES', '10.0.0.0/', /CIDR/],
  ['TRUSTED_PROXIES', '10.0.0.1,', /number 2/],
  ['RATE_LIMITS', 'false', /known words/],
  ['LOG_LEVEL', 'INFO', /known words/],
  ['METRICS_PORT', 'yes', /whole number/],
  ['METRICS_PORT', '8787', /the port the server itself listens on/],
  ['WORKERS', '0', /whole number from 1 to 256/],
  ['WORKERS', '257', /whole number/],
  ['PROJECT_ID', 'a'.repeat(65_537), /is too long/],
]

describe('a bad value is the one fault there is', () => {
  it.each(BAD)('%s = %j', (name, value, problem) => {
    const lines = faultLines({ [name]: value })
    expect(lines).toEqual([expect.stringMatching(problem)])
    expect(lines[0]?.split(' ')[0]).toBe(name)
  })
})

describe('Redis', () => {
  const none = { username: null, password: null, db: 0, tls: false }
  const { REDIS_URL: _, ...rest } = WITH_REDIS

  it.each([
    ['redis://cache', { host: 'cache', port: 6379 }, none],
    ['redis://cache:7000/', { host: 'cache', port: 7000 }, none],
    ['rediss://u:p%40ss@cache/3', { host: 'cache', port: 6379 }, { username: 'u', password: 'p@ss', db: 3, tls: true }],
    ['redis://:p@[::1]:7000', { host: '::1', port: 7000 }, { ...none, password: 'p' }],
  ])('reads %s', (url, node, access) => {
    const { store } = loadWith({ ...rest, REDIS_URL: url })
    expect(store).toEqual({ kind: 'redis', connection: { mode: 'single', node, access }, waitReplicas: 0 })
  })

  it.each([
    ['http://cache', /not a redis/],
    ['cache:6379', /not a redis/],
    ['redis://', /not a redis/],
    ['redis://cache/db', /no database number/],
    ['redis://cache?family=6', /query/],
    ['redis://:%zz@cache', /percent-encoding/],
  ])('refuses %s', (url, problem) => {
    expect(faultLines({ ...rest, REDIS_URL: url })).toEqual([expect.stringMatching(problem)])
  })

  it('reads a Cluster, with access from REDIS_URL', () => {
    const nodes = 'a.example:7000, [2001:db8::1]:7001'
    const env = { ...rest, REDIS_CLUSTER_NODES: nodes, REDIS_URL: 'rediss://u:p@ignored' }
    expect(loadWith(env).store).toEqual({
      kind: 'redis',
      connection: {
        mode: 'cluster',
        nodes: [
          { host: 'a.example', port: 7000 },
          { host: '2001:db8::1', port: 7001 },
        ],
        access: { username: 'u', password: 'p', db: 0, tls: true },
      },
      waitReplicas: 0,
    })
  })

  it('reads Sentinels, alone or with access from REDIS_URL', () => {
    const env = { ...rest, REDIS_SENTINELS: 's1:26379,s2:26379', REDIS_SENTINEL_NAME: 'mymaster' }
    const sentinels = [
      { host: 's1', port: 26379 },
      { host: 's2', port: 26379 },
    ]
    const connection = { mode: 'sentinel', name: 'mymaster', sentinels }
    expect(loadWith(env).store).toMatchObject({ kind: 'redis', connection: { ...connection, access: none } })
    expect(loadWith({ ...env, REDIS_URL: 'redis://ignored/2' }).store).toMatchObject({
      kind: 'redis',
      connection: { ...connection, access: { ...none, db: 2 } },
    })
  })

  it.each(['a', 'a:', ':1', 'a:0', 'a:65536', '::1:7000', '[::1]', '[a]:1', 'a:1,', 'redis://a:1'])(
    'refuses %j as a list of nodes',
    (nodes) => {
      expect(faultLines({ ...rest, REDIS_CLUSTER_NODES: nodes })).toEqual([
        expect.stringMatching(/^REDIS_CLUSTER_NODES has an entry, number \d, that is .* not host:port$/),
      ])
    },
  )
})
