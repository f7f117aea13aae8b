import { createHash } from 'node:crypto'
import type { RandomSource } from '../../../core/ports.ts'
import { ConfigError } from '../../../src/config/config-error.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { Settings } from '../../../src/config/settings.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** Bytes that count up from the seed, so that two loads with one seed draw the same. */
export function countingRandom(seed = 0): RandomSource & { drawn(): number } {
  let next = seed
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next++ % 256),
    drawn: () => next - seed,
  }
}

/** Loads without a file system: `file` is what every path holds. */
export function loadWith(env: Env, file?: unknown): Settings {
  return loadConfig(env, () => (typeof file === 'string' ? file : JSON.stringify(file)), countingRandom())
}

/** The error of a load that must fail. */
export function faultsOf(env: Env, file?: unknown): ConfigError {
  try {
    loadWith(env, file)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('the settings were accepted')
}

/** Each fault as `name problem`, in the order found. */
export function faultLines(env: Env, file?: unknown): readonly string[] {
  return faultsOf(env, file).faults.map(({ name, problem }) => `${name} ${problem}`)
}

export const SECRET = '7c1f0e55b0a94c3d8e2f6a7b9c0d1e2f3a4b5c6d7e8f90112233445566778899'
export const JWT_SECRET = 'e6a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f'
export const SECRET_KEY = 'sk_live_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl'
export const PUBLIC_KEY = 'pk_live_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl'
/** `SECRET_KEY` as `walletgate api-keys hash` prints it. */
export const HASHED_KEY = `sha256:${createHash('sha256').update(SECRET_KEY).digest('hex')}`

/** The five names a start with Redis needs, and a public key. */
export const WITH_REDIS = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  WALLETGATE_SECRET: SECRET,
  PROJECT_ID: 'demo',
  PROJECT_SECRET_KEY: SECRET_KEY,
  PROJECT_PUBLIC_KEY: PUBLIC_KEY,
  AUTH_JWT_SECRET: JWT_SECRET,
} as const

/** The pinned shape of the file, complete. */
export const PINNED_PROJECT = {
  id: 'demo',
  name: 'My App',
  allowedOrigins: ['http://localhost:3000'],
  walletkit: { projectId: 'demo' },
  moonkey: { appId: 'app_demo', secretKeys: [SECRET_KEY], publicKeys: [PUBLIC_KEY] },
  fourmica: {
    hosts: ['auth.example.com'],
    chainId: 84532,
    jwtSecret: JWT_SECRET,
    jwtIssuer: '4mica-core',
    jwtAudience: '4mica',
    siweDomain: 'app.example.com',
    siweUri: 'https://app.example.com',
    siweStatement: 'Sign in to 4mica.',
  },
  evmRpcUrls: { 'eip155:84532': 'http://127.0.0.1:8545' },
} as const

export const WITH_FILE = { WALLETGATE_CONFIG: 'projects.json' } as const
