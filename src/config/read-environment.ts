import type { Fault } from './config-error.ts'
import { ENV_NAMES, type EnvName, isEnvName } from './env-names.ts'
import * as fourmica from './values/fourmica.ts'
import { addressRange, allowedOrigin, hostName, origin, portNumber, redisNode } from './values/network.ts'
import { displayName, identifier, mailSender, rpcUrlsText, smtpUrl } from './values/project.ts'
import { commaList, type Reader, refuse } from './values/reader.ts'
import { redisUrl } from './values/redis-url.ts'
import { publicKey, secretKey, sharedJwtSecret, wrappingSecrets } from './values/secrets.ts'
import {
  auditLog,
  configPath,
  drainDelay,
  logLevel,
  playground,
  rateLimits,
  replicaCount,
  sentinelName,
  storeKind,
  streamKey,
  streamLength,
  workerCount,
} from './values/server.ts'
import * as tracing from './values/tracing.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Far beyond any honest setting, and short enough for every reader. */
const MAX_VALUE_LENGTH = 65_536

/**
 * What the environment says, name by name; a key is undefined when its name is absent or its value is faulty. The empty
 * string is absent, as in 4mica core and in compose files. Outer white space is dropped, except from the statement, which is
 * signed as it is.
 */
export function readEnvironment(env: Environment, faults: Fault[]) {
  const given = new Set(
    Object.keys(ENV_NAMES).filter((name): name is EnvName => isEnvName(name) && (env[name] ?? '') !== ''),
  )
  const take = <T>(name: EnvName, read: Reader<T>): T | undefined => {
    if (!given.has(name)) return undefined
    const raw = env[name] ?? ''
    const text = name === 'AUTH_SIWE_STATEMENT' ? raw : raw.trim()
    const isTooLong = text.length > MAX_VALUE_LENGTH
    const reading = isTooLong ? refuse('is too long', `Use at most ${MAX_VALUE_LENGTH} characters`) : read(text)
    if (reading.ok) return reading.value
    faults.push({ name, problem: reading.problem, remedy: reading.remedy })
    return undefined
  }
  return {
    given: given as ReadonlySet<EnvName>,
    isProduction: env['NODE_ENV'] === 'production',
    configPath: take('WALLETGATE_CONFIG', configPath),
    secrets: take('WALLETGATE_SECRET', wrappingSecrets),
    server: {
      host: take('HOST', hostName),
      port: take('PORT', portNumber),
      publicUrl: take('PUBLIC_URL', origin),
      store: take('STORE', storeKind),
      redisUrl: take('REDIS_URL', redisUrl),
      redisClusterNodes: take('REDIS_CLUSTER_NODES', commaList(redisNode)),
      redisSentinels: take('REDIS_SENTINELS', commaList(redisNode)),
      redisSentinelName: take('REDIS_SENTINEL_NAME', sentinelName),
      redisWaitReplicas: take('REDIS_WAIT_REPLICAS', replicaCount),
      smtpUrl: take('SMTP_URL', smtpUrl),
      mailFrom: take('MAIL_FROM', mailSender),
      trustedProxies: take('TRUSTED_PROXIES', commaList(addressRange)),
      rateLimits: take('RATE_LIMITS', rateLimits),
      logLevel: take('LOG_LEVEL', logLevel),
      metricsPort: take('METRICS_PORT', portNumber),
      auditLog: take('AUDIT_LOG', auditLog),
      auditStream: take('AUDIT_STREAM', streamKey),
      auditStreamMaxLength: take('AUDIT_STREAM_MAXLEN', streamLength),
      playground: take('PLAYGROUND', playground),
      drainDelaySecs: take('DRAIN_DELAY_SECS', drainDelay),
      workers: take('WORKERS', workerCount),
    },
    project: {
      id: take('PROJECT_ID', identifier),
      name: take('PROJECT_NAME', displayName),
      secretKey: take('PROJECT_SECRET_KEY', secretKey),
      publicKey: take('PROJECT_PUBLIC_KEY', publicKey),
      allowedOrigins: take('ALLOWED_ORIGINS', commaList(allowedOrigin)),
      evmRpcUrls: take('EVM_RPC_URLS', rpcUrlsText),
      fourmica: {
        chainId: take('CHAIN_ID', fourmica.chainNumber),
        jwtSecret: take('AUTH_JWT_SECRET', sharedJwtSecret),
        jwtIssuer: take('AUTH_JWT_ISSUER', fourmica.jwtName),
        jwtAudience: take('AUTH_JWT_AUDIENCE', fourmica.jwtName),
        siweDomain: take('AUTH_SIWE_DOMAIN', fourmica.siweDomain),
        siweUri: take('AUTH_SIWE_URI', fourmica.siweUri),
        siweStatement: take('AUTH_SIWE_STATEMENT', fourmica.siweStatement),
        nonceTtlSecs: take('AUTH_NONCE_TTL_SECS', fourmica.nonceTtl),
        accessTtlSecs: take('AUTH_ACCESS_TTL_SECS', fourmica.accessTtl),
        refreshTtlSecs: take('AUTH_REFRESH_TTL_SECS', fourmica.refreshTtl),
      },
    },
    /** Null: nothing asks for traces, and what is said about them is for other programs. */
    tracing: asksForTraces(env)
      ? {
          endpoint: take('OTEL_EXPORTER_OTLP_ENDPOINT', tracing.otlpEndpoint),
          tracesEndpoint: take('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', tracing.otlpEndpoint),
          headers: take('OTEL_EXPORTER_OTLP_HEADERS', tracing.otlpHeaders),
          tracesHeaders: take('OTEL_EXPORTER_OTLP_TRACES_HEADERS', tracing.otlpHeaders),
          protocol:
            take('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', tracing.otlpProtocol) ??
            take('OTEL_EXPORTER_OTLP_PROTOCOL', tracing.otlpProtocol),
          exporter: take('OTEL_TRACES_EXPORTER', tracing.tracesExporter),
          isDisabled: take('OTEL_SDK_DISABLED', tracing.otelBoolean),
          serviceName: take('OTEL_SERVICE_NAME', tracing.serviceName),
          resourceAttributes: take('OTEL_RESOURCE_ATTRIBUTES', tracing.resourceAttributes),
          sampler: take('OTEL_TRACES_SAMPLER', tracing.tracesSampler),
          samplerRatio: take('OTEL_TRACES_SAMPLER_ARG', tracing.samplerRatio),
          trustTraceparent: take('TRUST_TRACEPARENT', tracing.traceparentTrust),
        }
      : null,
    /** Its presence without CHAIN_ID says that 4mica core's .env was moved over and one name was missed. */
    hasCoreChainId: (env['ETHEREUM_CHAIN_ID'] ?? '') !== '',
  }
}

function asksForTraces(env: Environment): boolean {
  const said = (name: EnvName) => (env[name] ?? '').trim()
  if (said('OTEL_SDK_DISABLED').toLowerCase() === 'true' || said('OTEL_TRACES_EXPORTER') === 'none') return false
  return said('OTEL_EXPORTER_OTLP_ENDPOINT') !== '' || said('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') !== ''
}

export type EnvironmentInput = ReturnType<typeof readEnvironment>
/** Server settings of either source. */
export type ServerInput = Partial<EnvironmentInput['server']>
