import { describe, expect, it } from 'vitest'
import { ENV_NAMES } from '../../../src/config/env-names.ts'
import {
  faultsOf,
  JWT_SECRET,
  loadWith,
  PINNED_PROJECT,
  SECRET,
  SECRET_KEY,
  WITH_FILE,
  WITH_REDIS,
} from './load-with.ts'

const CANARY = 'Zq7canary9X'

describe('no value gets into a fault', () => {
  const shapes = [
    `${CANARY} !"%`,
    `http://user:${CANARY}@${CANARY}.example/${CANARY}?${CANARY}`,
    `,${CANARY} %,`,
    `{"${CANARY}": "${CANARY}"}`,
    `{"eip155:1": "${CANARY}", ${CANARY}`,
    `${CANARY}\n${CANARY}`,
    `${CANARY}:${CANARY}`,
  ]
  it.each(shapes)('of the environment: %j in every name', (value) => {
    const env = Object.fromEntries(Object.keys(ENV_NAMES).map((name) => [name, value]))
    const error = faultsOf({ ...env, AUTH_JWT_SECERT: value, WALLETGATE_X: value })
    expect(error.faults.length).toBeGreaterThan(25)
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(CANARY)
  })

  it.each(shapes)('of the file: %j in every text', (value) => {
    const spoil = (part: unknown): unknown => {
      if (Array.isArray(part)) return part.map(spoil)
      if (typeof part !== 'object' || part === null) return value
      return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, spoil(inner)]))
    }
    const server = {
      host: '',
      port: 1,
      publicUrl: '',
      redisUrl: '',
      redisClusterNodes: [''],
      smtpUrl: '',
      mailFrom: '',
    }
    const error = faultsOf(WITH_FILE, {
      server: spoil(server),
      projects: [spoil(PINNED_PROJECT), spoil(PINNED_PROJECT)],
    })
    expect(error.faults.length).toBeGreaterThan(25)
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(CANARY)
  })

  it('nor does a key that may be a secret', () => {
    const error = faultsOf(WITH_FILE, { projects: [{ ...PINNED_PROJECT, moonkey: { [SECRET_KEY]: true }, 'a\nb': 1 }] })
    expect(error.message).toContain(`projects[0].moonkey[key of ${SECRET_KEY.length} characters] is not a setting`)
    expect(error.message).not.toContain(SECRET_KEY)
    expect(error.message).not.toContain('a\nb')
  })
})

describe('warnings', () => {
  const warned = (env: Record<string, string>) => loadWith(env).warnings.join('\n')

  it('are none where everything is well', () => {
    const env = {
      ...WITH_REDIS,
      PUBLIC_URL: 'https://auth.example.com',
      ALLOWED_ORIGINS: 'https://a.example,http://localhost:3000,http://127.0.0.1:1,http://[::1]:2,http://a.localhost',
      SMTP_URL: 'smtps://u:p@mail',
      MAIL_FROM: 'a@example.com',
      EVM_RPC_URLS: '{"eip155:1":["https://rpc.example","http://127.0.0.1:8545"]}',
    }
    expect(loadWith(env).warnings).toEqual([])
  })

  it.each([
    [{ AUTH_JWT_SECRET: 'replace-with-32+bytes-random' }, 'AUTH_JWT_SECRET is a well-known example'],
    [{ AUTH_JWT_SECRET: JWT_SECRET.slice(0, 31) }, 'AUTH_JWT_SECRET has fewer than 32 bytes'],
    [{ AUTH_JWT_SECRET: SECRET }, 'AUTH_JWT_SECRET is also a WALLETGATE_SECRET'],
    [{ AUTH_ACCESS_TTL_SECS: '60' }, 'AUTH_ACCESS_TTL_SECS is 60 or less'],
    [{ AUTH_REFRESH_TTL_SECS: '899' }, 'AUTH_REFRESH_TTL_SECS is shorter'],
    [{ ALLOWED_ORIGINS: 'http://app.example.com' }, 'ALLOWED_ORIGINS has a plain http origin'],
    [{ ALLOWED_ORIGINS: 'http://localhost.example.com' }, 'ALLOWED_ORIGINS has a plain http origin'],
    [{ EVM_RPC_URLS: '{"eip155:1":"http://rpc.example/key"}' }, 'EVM_RPC_URLS has a plain http URL'],
    [{ PUBLIC_URL: 'http://auth.example.com' }, 'PUBLIC_URL is plain http'],
    [{ PUBLIC_URL: '' }, 'PUBLIC_URL is not set'],
    [{ PUBLIC_URL: '', PORT: '0' }, 'PORT is 0 and PUBLIC_URL is not set'],
    [{ PROJECT_SECRET_KEY: 'sk_test_short' }, 'PROJECT_SECRET_KEY has a key that is short'],
    [{ TRUSTED_PROXIES: '0.0.0.0/0' }, 'TRUSTED_PROXIES trusts every address'],
    [{ RATE_LIMITS: 'off' }, 'RATE_LIMITS is off'],
    [{ WALLETGATE_SECRET: 'x'.repeat(32) }, 'WALLETGATE_SECRET uses very few different characters'],
    [{ ETHEREUM_CHAIN_ID: '8453' }, 'ETHEREUM_CHAIN_ID is not read'],
  ])('%j', (change, warning) => {
    const base = { ...WITH_REDIS, PUBLIC_URL: 'https://auth.example.com' }
    expect(warned(base)).not.toContain(warning)
    expect(warned({ ...base, ...change })).toContain(warning)
  })

  it.each([
    { AUTH_ACCESS_TTL_SECS: '61' },
    { AUTH_JWT_SECRET: JWT_SECRET.slice(0, 32) },
    { AUTH_REFRESH_TTL_SECS: '900' },
  ])('none at the bound: %j', (change) => {
    const base = { ...WITH_REDIS, PUBLIC_URL: 'https://auth.example.com' }
    expect(warned({ ...base, ...change })).toBe(warned(base))
  })

  it('hold no value', () => {
    const env = {
      ...WITH_REDIS,
      REDIS_URL: `redis://:${CANARY}@a`,
      AUTH_JWT_SECRET: CANARY,
      PROJECT_SECRET_KEY: `sk_${CANARY}`,
      ALLOWED_ORIGINS: `http://${CANARY}.example`,
      PUBLIC_URL: `http://${CANARY}.example`,
      EVM_RPC_URLS: `{"eip155:1":"http://rpc.example/${CANARY}"}`,
    }
    expect(loadWith(env).warnings.length).toBeGreaterThan(4)
    expect(warned(env).toLowerCase()).not.toContain(CANARY.toLowerCase())
  })

  it('name the place in a file, and a secret two projects share', () => {
    const fourmica = { hosts: ['b.example'], jwtSecret: PINNED_PROJECT.fourmica.jwtSecret, accessTtlSecs: 30 }
    const { warnings } = loadWith(WITH_FILE, { projects: [PINNED_PROJECT, { id: 'b', fourmica }] })
    expect(warnings).toContain(
      'projects[1].fourmica.accessTtlSecs is 60 or less: 4mica clients then refresh before every call.',
    )
    expect(warnings).toContain(
      'Two projects have the same fourmica.jwtSecret: a token of one can pass for a token of the other.',
    )
  })
})
