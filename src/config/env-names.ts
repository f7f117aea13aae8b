export interface EnvNameFacts {
  readonly meaning: string
  /** The default in words. */
  readonly default: string
  /**
   * `server` names work beside a projects file; `project` names describe the one project of a start without it; `tracing` names are
   * OpenTelemetry's and one of ours, work beside a file too, and are judged only where an endpoint is set: other programs share them.
   */
  readonly scope: 'server' | 'project' | 'tracing'
  /** Its place in the `server` object of the projects file, where it has one. */
  readonly fileKey?: string
}

/** Every name we read from the environment: the one source for reading, for `--help` and for the docs. */
export const ENV_NAMES = {
  HOST: {
    meaning: 'address to listen on',
    default: '127.0.0.1 (container image: 0.0.0.0)',
    scope: 'server',
    fileKey: 'host',
  },
  PORT: { meaning: 'port to listen on; 0 takes any free one', default: '8787', scope: 'server', fileKey: 'port' },
  PUBLIC_URL: {
    meaning: 'origin under which the outside reaches us; links and issuers',
    default: 'http://localhost:$PORT',
    scope: 'server',
    fileKey: 'publicUrl',
  },
  STORE: {
    meaning: 'memory or redis; memory must be said when NODE_ENV=production and no Redis is given',
    default: 'redis when a Redis is given, else memory',
    scope: 'server',
    fileKey: 'store',
  },
  REDIS_URL: {
    meaning:
      'redis:// or rediss:// with user, password and database; beside REDIS_CLUSTER_NODES or REDIS_SENTINELS only these and TLS are taken from it',
    default: 'absent: memory',
    scope: 'server',
    fileKey: 'redisUrl',
  },
  REDIS_CLUSTER_NODES: {
    meaning: 'nodes of a Redis Cluster to start from, host:port,…',
    default: 'absent',
    scope: 'server',
    fileKey: 'redisClusterNodes',
  },
  REDIS_SENTINELS: { meaning: 'Sentinels, host:port,…', default: 'absent', scope: 'server', fileKey: 'redisSentinels' },
  REDIS_SENTINEL_NAME: {
    meaning: 'name of the group the Sentinels watch',
    default: 'absent',
    scope: 'server',
    fileKey: 'redisSentinelName',
  },
  REDIS_WAIT_REPLICAS: {
    meaning:
      'how many replicas must have what a request decided before it is answered; as many as there are, and a failover undoes nothing',
    default: '0: a failover may undo the last moments, a used nonce among them',
    scope: 'server',
    fileKey: 'redisWaitReplicas',
  },
  WALLETGATE_SECRET: {
    meaning:
      'wraps keys and derives tokens; at least 32 bytes; several, comma-separated: the first for what is new; required with Redis',
    default: 'made anew at each start with the memory store',
    scope: 'server',
  },
  WALLETGATE_CONFIG: {
    meaning: 'path of a JSON file with projects and server settings',
    default: 'absent',
    scope: 'server',
  },
  PROJECT_ID: {
    meaning:
      'id of the one project: the WalletKit project id, and the MoonKey App id where it begins with app_; required with Redis',
    default: 'generated and printed',
    scope: 'project',
  },
  PROJECT_NAME: { meaning: 'name people see', default: 'My App', scope: 'project' },
  PROJECT_SECRET_KEY: {
    meaning: 'MoonKey secret key, sk_…, or sha256: and its hash (“walletgate api-keys hash”); required with Redis',
    default: 'generated and printed',
    scope: 'project',
  },
  PROJECT_PUBLIC_KEY: {
    meaning:
      'MoonKey public key, pk_…; with Redis and without it, browser calls need a key of “walletgate api-keys create”',
    default: 'generated and printed',
    scope: 'project',
  },
  ALLOWED_ORIGINS: {
    meaning:
      'comma-separated origins: CORS, sign-in domains, passkey origins, redirect targets; https://*.example.com means one label in place of the star',
    default: 'PUBLIC_URL, and any http://localhost:* with the memory store',
    scope: 'project',
  },
  CHAIN_ID: { meaning: '4mica chain id', default: '1', scope: 'project' },
  AUTH_JWT_SECRET: {
    meaning: '4mica: HMAC secret shared with the resource server; required with Redis',
    default: 'generated and printed',
    scope: 'project',
  },
  AUTH_JWT_ISSUER: { meaning: '4mica: iss of access tokens', default: '4mica-core', scope: 'project' },
  AUTH_JWT_AUDIENCE: { meaning: '4mica: aud of access tokens', default: '4mica', scope: 'project' },
  AUTH_SIWE_DOMAIN: { meaning: '4mica: domain of sign-in messages', default: 'host of PUBLIC_URL', scope: 'project' },
  AUTH_SIWE_URI: { meaning: '4mica: URI of sign-in messages', default: 'PUBLIC_URL', scope: 'project' },
  AUTH_SIWE_STATEMENT: {
    meaning: '4mica: statement of sign-in messages',
    default: 'Sign in to 4mica.',
    scope: 'project',
  },
  AUTH_NONCE_TTL_SECS: { meaning: '4mica: life of a nonce, seconds', default: '300', scope: 'project' },
  AUTH_ACCESS_TTL_SECS: { meaning: '4mica: life of an access token, seconds', default: '900', scope: 'project' },
  AUTH_REFRESH_TTL_SECS: { meaning: '4mica: life of a refresh token, seconds', default: '2592000', scope: 'project' },
  EVM_RPC_URLS: {
    meaning: 'JSON object, CAIP-2 chain id to RPC URL or list of URLs: contract accounts of these chains can sign in',
    default: 'absent: contract accounts are refused',
    scope: 'project',
  },
  SMTP_URL: {
    meaning: 'smtp:// or smtps:// server for codes and links',
    default: 'absent: no mail',
    scope: 'server',
    fileKey: 'smtpUrl',
  },
  MAIL_FROM: {
    meaning: 'sender of mails',
    default: 'no-reply at the host of PUBLIC_URL with the memory store; required with Redis and SMTP_URL',
    scope: 'server',
    fileKey: 'mailFrom',
  },
  TRUSTED_PROXIES: {
    meaning: 'comma-separated IP addresses and CIDR ranges whose forwarding headers are believed',
    default: 'none',
    scope: 'server',
    fileKey: 'trustedProxies',
  },
  RATE_LIMITS: {
    meaning: 'on, off, or a whole number by which the limits are multiplied',
    default: 'on',
    scope: 'server',
    fileKey: 'rateLimits',
  },
  LOG_LEVEL: {
    meaning: 'trace, debug, info, warn, error, fatal or silent',
    default: 'info',
    scope: 'server',
    fileKey: 'logLevel',
  },
  METRICS_PORT: {
    meaning: 'port for /metrics',
    default: 'absent: not served',
    scope: 'server',
    fileKey: 'metricsPort',
  },
  AUDIT_LOG: {
    meaning:
      'file to which facts are appended as NDJSON (who signed in, what was linked, revoked, rotated); - is standard output',
    default: 'absent: not kept',
    scope: 'server',
    fileKey: 'auditLog',
  },
  AUDIT_STREAM: {
    meaning: 'key of a Redis stream to which the same facts are added; needs Redis',
    default: 'absent: not kept',
    scope: 'server',
    fileKey: 'auditStream',
  },
  AUDIT_STREAM_MAXLEN: {
    meaning: 'about how many facts the stream keeps; about 1 KB each',
    default: '100000',
    scope: 'server',
    fileKey: 'auditStreamMaxLength',
  },
  PLAYGROUND: {
    meaning: 'on or off: the page at /playground that tries every way of signing in; it answers nearby machines only',
    default: 'on with the memory store and a nearby PUBLIC_URL, unless NODE_ENV=production; else off',
    scope: 'server',
    fileKey: 'playground',
  },
  DRAIN_DELAY_SECS: {
    meaning:
      'seconds for which requests are still served after SIGTERM while /readyz answers 503, so that load balancers turn away first',
    default: '0',
    scope: 'server',
    fileKey: 'drainDelaySecs',
  },
  WORKERS: {
    meaning: 'processes that serve; more than one needs Redis',
    default: '1',
    scope: 'server',
    fileKey: 'workers',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    meaning: 'collector that traces are sent to, as OTLP over HTTP; /v1/traces is appended',
    default: 'absent: nothing is traced',
    scope: 'tracing',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    meaning: 'the same, taken as it is',
    default: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    scope: 'tracing',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    meaning: 'headers for the collector, name=value,…; values percent-encoded',
    default: 'none',
    scope: 'tracing',
  },
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: {
    meaning: 'more of them; these win',
    default: 'none',
    scope: 'tracing',
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    meaning: 'http/protobuf, the one that is spoken; grpc and http/json are refused',
    default: 'http/protobuf',
    scope: 'tracing',
  },
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: {
    meaning: 'the same for traces alone',
    default: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    scope: 'tracing',
  },
  OTEL_TRACES_EXPORTER: {
    meaning: 'otlp, or none: nothing is traced though a collector is there for something else',
    default: 'otlp',
    scope: 'tracing',
  },
  OTEL_SDK_DISABLED: { meaning: 'true: nothing is traced', default: 'false', scope: 'tracing' },
  OTEL_SERVICE_NAME: {
    meaning: 'name of this service in traces',
    default: 'service.name of OTEL_RESOURCE_ATTRIBUTES, else walletgate',
    scope: 'tracing',
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    meaning: 'what else every span says of this process, name=value,…; values percent-encoded',
    default: 'none',
    scope: 'tracing',
  },
  OTEL_TRACES_SAMPLER: {
    meaning:
      'always_on, always_off or traceidratio; with parentbased_ before it, a trace that goes on here (TRUST_TRACEPARENT) is kept as its beginner decided',
    default: 'parentbased_always_on',
    scope: 'tracing',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    meaning: 'part of the traces that the traceidratio samplers keep, 0 to 1',
    default: '1',
    scope: 'tracing',
  },
  TRUST_TRACEPARENT: {
    meaning:
      'on: traces go on that a proxy of TRUSTED_PROXIES names in traceparent; only where that proxy begins them itself and passes on none of its callers',
    default: 'off: they are linked to',
    scope: 'tracing',
  },
} as const satisfies Record<string, EnvNameFacts>

export type EnvName = keyof typeof ENV_NAMES

/** Is it one of our names? */
export function isEnvName(name: string): name is EnvName {
  return Object.hasOwn(ENV_NAMES, name)
}

/** Our names of one scope, in the table's order. */
export function envNamesOf(scope: EnvNameFacts['scope']): readonly EnvName[] {
  return Object.keys(ENV_NAMES).filter((name): name is EnvName => isEnvName(name) && ENV_NAMES[name].scope === scope)
}
