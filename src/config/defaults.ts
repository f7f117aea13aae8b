/** What holds when nothing is said. Defaults that depend on another setting are worked out where they are used. */
export const DEFAULTS = {
  host: '127.0.0.1',
  port: 8787,
  workers: 1,
  drainDelaySeconds: 0,
  redisWaitReplicas: 0,
  rateLimits: 'on',
  logLevel: 'info',
  auditStreamMaxLength: 100_000,
  serviceName: 'walletgate',
  // As the OpenTelemetry specification has them.
  sampler: 'parentbased_always_on',
  samplerRatio: 1,
  projectName: 'My App',
  // Long: clients refresh rarely and badly, and a session that has ended is refused at once (WalletKit digest §3.6).
  walletKitAccessTtlSeconds: 43_200,
  walletKitRefreshTtlSeconds: 2_592_000,
  chainId: 1,
  // As in 4mica core, so that its .env moves over.
  jwtIssuer: '4mica-core',
  jwtAudience: '4mica',
  siweStatement: 'Sign in to 4mica.',
  nonceTtlSeconds: 300,
  accessTtlSeconds: 900,
  refreshTtlSeconds: 2_592_000,
} as const

/** An entry of a list of origins that means `http://localhost` on any port. */
export const ANY_LOCALHOST = 'http://localhost:*'
