import { BENCH_ORIGIN, BENCH_PROJECT_ID, MOONKEY_SECRET_KEY } from './flows.ts'

export const BENCH_SECRET = 'b'.repeat(64)

/** Where a measured server keeps things. */
export type BenchStore =
  | { readonly kind: 'memory' }
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'cluster'; readonly ports: readonly number[] }

/** The environment of every measured gateway: as in production, but without rate limits, which would refuse so busy a caller. */
export function benchSettings(store: BenchStore): Record<string, string> {
  return {
    PROJECT_ID: BENCH_PROJECT_ID,
    PROJECT_SECRET_KEY: MOONKEY_SECRET_KEY,
    ALLOWED_ORIGINS: BENCH_ORIGIN,
    AUTH_JWT_SECRET: 'a'.repeat(64),
    WALLETGATE_SECRET: BENCH_SECRET,
    RATE_LIMITS: 'off',
    ...storeSettings(store),
  }
}

function storeSettings(store: BenchStore): Record<string, string> {
  switch (store.kind) {
    case 'memory':
      return { STORE: 'memory' }
    case 'redis':
      return { REDIS_URL: store.url }
    case 'cluster':
      return { REDIS_CLUSTER_NODES: store.ports.map((port) => `127.0.0.1:${port}`).join(',') }
  }
}
