import { isNearbyHost } from '../http/nearby.ts'
import type { EnvName } from './env-names.ts'
import type { FourMicaSettings, ProjectSettings, Settings, TracingSettings } from './settings.ts'
import type { Sources } from './sources.ts'
import { isLocalUrl } from './values/network.ts'
import { isPlaceholder, MIN_SECRET_BYTES } from './values/secrets.ts'

/** Below it, MoonKey's own keys would be guessable sooner than theirs are: those have 48 random characters. */
const SHORT_KEY_LENGTH = 32

/** Settings that work and are probably not meant, each as a sentence. Names and places only, never values. */
export function collectWarnings(settings: Omit<Settings, 'warnings'>, sources: Sources, now: Date): readonly string[] {
  return [
    ...warnOfServer(settings, sources),
    ...settings.projects.flatMap((project, index) => warnOfProject(project, placesOf(sources, index), settings)),
    ...warnOfVendorTokens(settings.projects, now),
    ...warnOfSharedSecrets(settings.projects),
  ]
}

function warnOfServer(
  { server, store, mail, secrets, tracing }: Omit<Settings, 'warnings'>,
  sources: Sources,
): readonly string[] {
  const { isGiven, placeOf } = sources
  const { environment } = sources
  const warnings: string[] = []
  if (store.kind === 'memory')
    warnings.push('The store is memory: a restart forgets every user, wallet, session and key.')
  if (!isGiven('PUBLIC_URL') && server.port === 0) {
    warnings.push('PORT is 0 and PUBLIC_URL is not set: links, issuers and sign-in domains name port 0.')
  } else if (!isGiven('PUBLIC_URL') && store.kind === 'redis') {
    warnings.push('PUBLIC_URL is not set: links, issuers and sign-in domains name localhost.')
  }
  if (isInsecure(server.publicUrl))
    warnings.push(`${placeOf('PUBLIC_URL')} is plain http: tokens can be read on the way.`)
  if (store.kind === 'redis' && store.connection.mode !== 'single' && !isGiven('REDIS_WAIT_REPLICAS')) {
    warnings.push(
      'REDIS_WAIT_REPLICAS is not set: a failover may undo what was answered in the last moments, a used nonce among it.',
    )
  }
  if (mail === null && store.kind === 'redis') warnings.push('SMTP_URL is not set: no code and no link can be mailed.')
  if (server.trustedProxies.some((range) => range.endsWith('/0'))) {
    warnings.push(
      `${placeOf('TRUSTED_PROXIES')} trusts every address: any client can choose the address it is seen under.`,
    )
  }
  if (server.rateLimits === 'off') warnings.push(`${placeOf('RATE_LIMITS')} is off: guesses are not slowed down.`)
  if (secrets.some((secret) => new Set(secret).size < 8)) {
    warnings.push('WALLETGATE_SECRET uses very few different characters: make one with openssl rand -hex 32.')
  }
  if (tracing !== null) warnings.push(...warnOfTracing(tracing))
  if (environment.hasCoreChainId && !isGiven('CHAIN_ID') && sources.file === null) {
    warnings.push('ETHEREUM_CHAIN_ID is not read: set CHAIN_ID, which is 1 now.')
  }
  return warnings
}

function warnOfTracing({ endpoint, headers }: TracingSettings): readonly string[] {
  const url = new URL(endpoint)
  const warnings: string[] = []
  if (url.port === '4317') {
    warnings.push(
      'The OTLP endpoint names port 4317, where collectors speak gRPC: traces go out over HTTP, usually 4318.',
    )
  }
  if (url.protocol === 'http:' && !isNearbyHost(url.hostname) && Object.keys(headers).length > 0) {
    warnings.push('The OTLP endpoint is plain http: what OTEL_EXPORTER_OTLP_HEADERS holds can be read on the way.')
  }
  return warnings
}

function warnOfProject(
  project: ProjectSettings,
  place: Places,
  { secrets, store }: Pick<Settings, 'secrets' | 'store'>,
): readonly string[] {
  const { moonkey, fourmica } = project
  const warnings: string[] = []
  if ([...project.allowedOrigins, ...project.wildcardOrigins].some(isInsecure)) {
    warnings.push(
      `${place('ALLOWED_ORIGINS', 'allowedOrigins')} has a plain http origin: whoever is on its network can act as it.`,
    )
  }
  if (Object.values(project.evmRpcUrls).flat().some(isInsecure)) {
    warnings.push(
      `${place('EVM_RPC_URLS', 'evmRpcUrls')} has a plain http URL: whoever is on its network can sign in as any contract account.`,
    )
  }
  if (moonkey?.secretKeys.some((key) => key.length < SHORT_KEY_LENGTH || isPlaceholder(key))) {
    warnings.push(
      `${place('PROJECT_SECRET_KEY', 'moonkey.secretKeys')} has a key that is short or a well-known example.`,
    )
  }
  if (moonkey?.publicKeys.length === 0) {
    const unless = store.kind === 'redis' ? ' without a public key of “walletgate api-keys create”' : ''
    warnings.push(
      `${place('PROJECT_PUBLIC_KEY', 'moonkey.publicKeys')} is not set: MoonKey calls from browsers are refused${unless}.`,
    )
  }
  return fourmica === null ? warnings : [...warnings, ...warnOfFourMica(fourmica, place, secrets)]
}

function warnOfFourMica(fourmica: FourMicaSettings, place: Places, secrets: readonly Uint8Array[]): readonly string[] {
  const warnings: string[] = []
  const secretPlace = place('AUTH_JWT_SECRET', 'fourmica.jwtSecret')
  const bytes = Buffer.from(fourmica.jwtSecret)
  if (isPlaceholder(fourmica.jwtSecret))
    warnings.push(`${secretPlace} is a well-known example: anybody can sign tokens.`)
  if (bytes.length < MIN_SECRET_BYTES) {
    // RFC 7518 §3.2: a key of at least the hash's size.
    warnings.push(`${secretPlace} has fewer than ${MIN_SECRET_BYTES} bytes: it can be guessed from a token.`)
  }
  if (secrets.some((secret) => bytes.equals(secret))) {
    warnings.push(`${secretPlace} is also a WALLETGATE_SECRET: whoever verifies tokens can unwrap the keys.`)
  }
  if (fourmica.accessTtlSeconds <= 60) {
    warnings.push(
      `${place('AUTH_ACCESS_TTL_SECS', 'fourmica.accessTtlSecs')} is 60 or less: 4mica clients then refresh before every call.`,
    )
  }
  if (fourmica.refreshTtlSeconds < fourmica.accessTtlSeconds) {
    warnings.push(
      `${place('AUTH_REFRESH_TTL_SECS', 'fourmica.refreshTtlSecs')} is shorter than the life of an access token.`,
    )
  }
  return warnings
}

function warnOfVendorTokens(projects: readonly ProjectSettings[], now: Date): readonly string[] {
  return projects.flatMap(({ moonkey }, index) => {
    const until = moonkey?.vendorTokens?.until
    return until !== undefined && new Date(until) <= now
      ? [`projects[${index}].moonkey.vendorTokens ended: tokens of the vendor are refused, and the section can go.`]
      : []
  })
}

function warnOfSharedSecrets(projects: readonly ProjectSettings[]): readonly string[] {
  const secrets = projects.flatMap(({ fourmica }) => (fourmica === null ? [] : [fourmica.jwtSecret]))
  return new Set(secrets).size === secrets.length
    ? []
    : ['Two projects have the same fourmica.jwtSecret: a token of one can pass for a token of the other.']
}

type Places = (name: EnvName, inFile: string) => string

function placesOf({ file }: Sources, index: number): Places {
  return (name, inFile) => (file === null ? name : `projects[${index}].${inFile}`)
}

function isInsecure(url: string): boolean {
  return url.startsWith('http:') && !isLocalUrl(url)
}
