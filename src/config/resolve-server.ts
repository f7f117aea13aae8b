import type { RedisConnection } from '../../core/stores/redis/connect-redis.ts'
import { isNearbyHost } from '../http/nearby.ts'
import { DEFAULTS } from './defaults.ts'
import type { EnvironmentInput, ServerInput } from './read-environment.ts'
import type { AuditSettings, MailSettings, ServerSettings, StoreSettings, TracingSettings } from './settings.ts'
import { samplerOf, tracesBelow } from './values/tracing.ts'

/** Server settings with every default in place. */
export function resolveServer(input: ServerInput, isProduction: boolean): ServerSettings {
  const port = input.port ?? DEFAULTS.port
  const publicUrl = input.publicUrl ?? new URL(`http://localhost:${port}`).origin
  const isFirstStart =
    resolveStore(input).kind === 'memory' && !isProduction && isNearbyHost(new URL(publicUrl).hostname)
  return {
    host: input.host ?? DEFAULTS.host,
    port,
    publicUrl,
    workers: input.workers ?? DEFAULTS.workers,
    drainDelaySeconds: input.drainDelaySecs ?? DEFAULTS.drainDelaySeconds,
    trustedProxies: input.trustedProxies ?? [],
    metricsPort: input.metricsPort ?? null,
    rateLimits: input.rateLimits ?? DEFAULTS.rateLimits,
    logLevel: input.logLevel ?? DEFAULTS.logLevel,
    playground: input.playground === undefined ? isFirstStart : input.playground === 'on',
  }
}

/** The store of a combination that has been checked: memory unless a Redis is given. */
export function resolveStore(input: ServerInput): StoreSettings {
  const connection = resolveConnection(input)
  if (connection === null) return { kind: 'memory' }
  return { kind: 'redis', connection, waitReplicas: input.redisWaitReplicas ?? DEFAULTS.redisWaitReplicas }
}

function resolveConnection(input: ServerInput): RedisConnection | null {
  const { redisUrl, redisClusterNodes: nodes, redisSentinels: sentinels, redisSentinelName: name } = input
  const access = redisUrl?.access ?? { username: null, password: null, db: 0, tls: false }
  if (nodes !== undefined) return { mode: 'cluster', nodes, access }
  if (sentinels !== undefined && name !== undefined) return { mode: 'sentinel', name, sentinels, access }
  return redisUrl === undefined ? null : { mode: 'single', node: redisUrl.node, access }
}

/** Where facts are kept. */
export function resolveAudit(input: ServerInput): AuditSettings {
  const { auditLog: log = null, auditStream: key, auditStreamMaxLength: maxLength } = input
  return { log, stream: key === undefined ? null : { key, maxLength: maxLength ?? DEFAULTS.auditStreamMaxLength } }
}

/** Where traces go. Null: nowhere. */
export function resolveTracing(input: EnvironmentInput['tracing']): TracingSettings | null {
  const common = input?.endpoint === undefined ? undefined : tracesBelow(input.endpoint)
  const endpoint = input?.tracesEndpoint ?? common
  if (input === null || endpoint === undefined) return null
  const { 'service.name': namedInAttributes, ...resourceAttributes } = input.resourceAttributes ?? {}
  return {
    endpoint,
    headers: { ...input.headers, ...input.tracesHeaders },
    serviceName: input.serviceName ?? namedInAttributes ?? DEFAULTS.serviceName,
    resourceAttributes,
    sampler: samplerOf(input.sampler ?? DEFAULTS.sampler, input.samplerRatio ?? DEFAULTS.samplerRatio),
    trustsProxies: input.trustTraceparent === 'on',
  }
}

/** Where mails go and who sends them. A sender is made up with the memory store only; with Redis its absence is a fault. */
export function resolveMail(input: ServerInput, publicUrl: string): MailSettings | null {
  if (input.smtpUrl === undefined) return null
  return { smtpUrl: input.smtpUrl, from: input.mailFrom ?? `no-reply@${new URL(publicUrl).hostname}` }
}
