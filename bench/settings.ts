import { BENCH_ORIGIN, BENCH_PROJECT_ID, MOONKEY_SECRET_KEY } from './flows.ts'

export const BENCH_SECRET = 'b'.repeat(64)

/** The environment of every measured gateway. */
export function benchSettings(redisUrl: string | undefined): Record<string, string> {
  return {
    PORT: '0',
    PROJECT_ID: BENCH_PROJECT_ID,
    PROJECT_SECRET_KEY: MOONKEY_SECRET_KEY,
    ALLOWED_ORIGINS: BENCH_ORIGIN,
    AUTH_JWT_SECRET: 'a'.repeat(64),
    WALLETGATE_SECRET: BENCH_SECRET,
    RATE_LIMITS: 'off',
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
  }
}
