import { createSystemRandom } from '../../core/random.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger } from '../../src/logger.ts'
import { startServer } from '../../src/server.ts'
import { report } from './child.ts'

// As in production: every check, every log line (to a file or a pipe), real settings.
const { REDIS_URL } = process.env
const redis = REDIS_URL ? { REDIS_URL, WALLETGATE_SECRET: 'b'.repeat(64), PROJECT_ID: `bench-${process.pid}` } : {}
const keys = REDIS_URL
  ? { PROJECT_SECRET_KEY: `sk_test_${'a'.repeat(48)}`, PROJECT_PUBLIC_KEY: `pk_test_${'a'.repeat(48)}` }
  : {}
const env = { ...redis, ...keys, PORT: '0', AUTH_JWT_SECRET: 'a'.repeat(64) }
const settings = loadConfig(env, () => '', createSystemRandom())
const server = await startServer(settings, createLogger(settings.server.logLevel))
report(server.port)
