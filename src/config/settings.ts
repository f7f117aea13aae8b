import type { AuditEvent } from '../../core/audit/audit-trail.ts'
import type { RedisConnection } from '../../core/stores/redis/connect-redis.ts'

/** Everything a start needs to know, read once and frozen. Slices are handed down; nobody else reads the environment. */
export interface Settings {
  readonly server: ServerSettings
  readonly store: StoreSettings
  /** `WALLETGATE_SECRET`, newest first, each of at least 32 bytes. The bytes themselves cannot be frozen: do not write to them. */
  readonly secrets: readonly Uint8Array[]
  /** Null: there is nowhere to send mail to. */
  readonly mail: MailSettings | null
  readonly audit: AuditSettings
  /** Null: nothing is traced, and nothing of it is loaded. */
  readonly tracing: TracingSettings | null
  /** Of all projects. */
  readonly webhooks: readonly WebhookSettings[]
  /** At least one. */
  readonly projects: readonly [ProjectSettings, ...ProjectSettings[]]
  /** What this start made up and its user has to know. Only ever filled with the memory store. */
  readonly generated: readonly GeneratedValue[]
  /** Sentences for the log: settings that work, and probably are not meant. They hold no secret. */
  readonly warnings: readonly string[]
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface ServerSettings {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** An origin, without a slash at its end: `https://auth.example.com`. Text, because a `URL` cannot be frozen. */
  readonly publicUrl: string
  readonly workers: number
  /** For so long after a stop was asked for requests are served as before, while readiness says no. */
  readonly drainDelaySeconds: number
  /** IP addresses and CIDR ranges whose forwarding headers are believed. */
  readonly trustedProxies: readonly string[]
  /** Null: no metrics are served. */
  readonly metricsPort: number | null
  /** A number: on, with limits so many times larger. */
  readonly rateLimits: 'on' | 'off' | number
  readonly logLevel: LogLevel
  /** Is there a page that tries every way of signing in? It answers nearby machines only. */
  readonly playground: boolean
}

export type StoreSettings =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'redis'
      readonly connection: RedisConnection
      /** How many replicas must have what was decided before it is answered. */
      readonly waitReplicas: number
    }

/** Where facts are kept. Both null: nowhere, and none are put together. */
export interface AuditSettings {
  /** A path, or `-` for standard output. */
  readonly log: string | null
  readonly stream: { readonly key: string; readonly maxLength: number } | null
}

/** Where traces go (OpenTelemetry), and which. */
export interface TracingSettings {
  /** Where spans are posted to, OTLP over HTTP. May hold a key. */
  readonly endpoint: string
  /** Hold keys. */
  readonly headers: Readonly<Record<string, string>>
  readonly serviceName: string
  readonly resourceAttributes: Readonly<Record<string, string>>
  readonly sampler: SamplerSettings
  /** Does a trace go on that a trusted proxy names? */
  readonly trustsProxies: boolean
}

export interface SamplerSettings {
  /** The part of the traces begun here that is kept, from 0 to 1. */
  readonly ratio: number
  /** Is a trace that was begun elsewhere kept as its beginner decided? */
  readonly followsParent: boolean
}

export interface WebhookSettings {
  readonly projectId: string
  readonly url: string
  /** `whsec_` and base64. */
  readonly secret: string
  /** Null: every one. */
  readonly events: readonly AuditEvent['event'][] | null
  readonly allowsPrivate: boolean
}

export interface MailSettings {
  readonly smtpUrl: string
  readonly from: string
}

/** The tenant. A section that is null switches its dialect off. */
export interface ProjectSettings {
  readonly id: string
  readonly name: string
  /** Exact origins, as browsers send them. */
  readonly allowedOrigins: readonly string[]
  /** `https://*.example.com`: any one label in place of the star. */
  readonly wildcardOrigins: readonly string[]
  /** `http://localhost` on any port is allowed besides. Only ever true with the memory store. */
  readonly allowLocalhost: boolean
  /** CAIP-2 chain id to its RPC servers, in the order to ask them. */
  readonly evmRpcUrls: Readonly<Record<string, readonly string[]>>
  /** The factories that may be called to judge an account that is not deployed yet (ERC-6492), in lower case. Null: any. */
  readonly allowedFactories: readonly string[] | null
  readonly walletkit: WalletKitSettings | null
  readonly moonkey: MoonKeySettings | null
  readonly fourmica: FourMicaSettings | null
}

export interface WalletKitSettings {
  readonly projectId: string
  /** The domain passkeys are bound to. Null: the host of the page that makes them. */
  readonly rpId: string | null
  readonly accessTtlSeconds: number
  readonly refreshTtlSeconds: number
}

export interface MoonKeySettings {
  readonly appId: string
  /** Keys, or `sha256:` and the digest of one. May be empty with Redis, as the next: `walletgate api-keys` makes others. */
  readonly secretKeys: readonly string[]
  /** May be empty: browser calls, which carry a public key, are then refused. */
  readonly publicKeys: readonly string[]
  /** Absent: only tokens of ours are taken. */
  readonly vendorTokens?: VendorTokenSettings
}

/** The vendor that was left, whose session JWTs are taken for a while. */
export interface VendorTokenSettings {
  readonly issuer: string
  /** Null: not looked at. */
  readonly audience: string | null
  /** RFC 3339, in UTC. Text, because a `Date` cannot be frozen. */
  readonly until: string
  readonly graceSeconds: number
  readonly keySet:
    | { readonly kind: 'inline'; readonly jwks: object }
    | { readonly kind: 'url'; readonly url: string; readonly allowsPrivate: boolean }
}

export interface FourMicaSettings {
  /** `Host` values, in lower case, that choose this project. */
  readonly hosts: readonly string[]
  readonly chainId: number
  /** Trimmed; the HMAC key is its UTF-8 bytes. */
  readonly jwtSecret: string
  readonly jwtIssuer: string
  readonly jwtAudience: string
  readonly siweDomain: string
  readonly siweUri: string
  readonly siweStatement: string
  readonly nonceTtlSeconds: number
  readonly accessTtlSeconds: number
  readonly refreshTtlSeconds: number
}

export interface GeneratedValue {
  readonly name: string
  readonly value: string
}
