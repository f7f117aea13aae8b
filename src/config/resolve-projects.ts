import { newHex } from '../../core/ids.ts'
import type { RandomSource } from '../../core/ports.ts'
import { ANY_LOCALHOST, DEFAULTS } from './defaults.ts'
import type { EnvName } from './env-names.ts'
import { appIdOf, newApiKey, newAppId } from './generate-credentials.ts'
import type { FourMicaInput, MoonKeyInput, ProjectInput, WalletKitInput } from './projects-file-schema.ts'
import type { EnvironmentInput } from './read-environment.ts'
import type {
  FourMicaSettings,
  GeneratedValue,
  MoonKeySettings,
  ProjectSettings,
  VendorTokenSettings,
  WalletKitSettings,
  WebhookSettings,
} from './settings.ts'
import { isLocalUrl } from './values/network.ts'

/** What the defaults of a project depend on. */
export interface Surroundings {
  readonly publicUrl: string
  readonly isMemory: boolean
}

/** A project of the file, with every default in place. */
export function resolveProject(input: ProjectInput, { publicUrl, isMemory }: Surroundings): ProjectSettings {
  const origins = new Set(input.allowedOrigins ?? (isMemory ? [publicUrl, ANY_LOCALHOST] : [publicUrl]))
  const isWildcard = (origin: string) => origin.includes('*')
  return {
    id: input.id,
    name: input.name ?? DEFAULTS.projectName,
    allowedOrigins: [...origins].filter((origin) => !isWildcard(origin)),
    wildcardOrigins: [...origins].filter((origin) => isWildcard(origin) && origin !== ANY_LOCALHOST),
    allowLocalhost: origins.has(ANY_LOCALHOST),
    evmRpcUrls: input.evmRpcUrls ?? {},
    allowedFactories: input.allowedFactories ?? null,
    walletkit: input.walletkit === undefined ? null : resolveWalletKit(input.walletkit),
    moonkey: input.moonkey === undefined ? null : resolveMoonKey(input.moonkey, isMemory),
    fourmica: input.fourmica === undefined ? null : resolveFourMica(input.fourmica, publicUrl),
  }
}

/** Who is told of this project's facts. */
export function resolveWebhooks(
  { id: projectId, webhooks = [] }: ProjectInput,
  { isMemory }: Pick<Surroundings, 'isMemory'>,
): readonly WebhookSettings[] {
  return webhooks.map(({ url, secret, events = null, privateNetwork }) => ({
    projectId,
    url,
    secret,
    events,
    // A receiver under development listens on this machine.
    allowsPrivate: privateNetwork ?? (isMemory && isLocalUrl(url)),
  }))
}

function resolveMoonKey(
  { appId, secretKeys = [], publicKeys = [], vendorTokens }: MoonKeyInput,
  isMemory: boolean,
): MoonKeySettings {
  return {
    appId,
    secretKeys,
    publicKeys,
    ...(vendorTokens === undefined ? {} : { vendorTokens: resolveVendorTokens(vendorTokens, isMemory) }),
  }
}

function resolveVendorTokens(
  { issuer, jwks, jwksUrl, audience, until, graceSecs }: NonNullable<MoonKeyInput['vendorTokens']>,
  isMemory: boolean,
): VendorTokenSettings {
  if (jwks === undefined && jwksUrl === undefined) throw new TypeError('vendorTokens without keys have passed')
  return {
    issuer,
    audience: audience ?? null,
    until,
    graceSeconds: graceSecs ?? 0,
    keySet:
      jwksUrl === undefined
        ? { kind: 'inline', jwks: jwks ?? {} }
        : { kind: 'url', url: jwksUrl, allowsPrivate: isMemory && isLocalUrl(jwksUrl) },
  }
}

function resolveWalletKit(input: WalletKitInput): WalletKitSettings {
  return {
    projectId: input.projectId,
    rpId: input.rpId ?? null,
    accessTtlSeconds: input.accessTtlSecs ?? DEFAULTS.walletKitAccessTtlSeconds,
    refreshTtlSeconds: input.refreshTtlSecs ?? DEFAULTS.walletKitRefreshTtlSeconds,
  }
}

function resolveFourMica(input: FourMicaInput, publicUrl: string): FourMicaSettings {
  return {
    hosts: input.hosts ?? [],
    chainId: input.chainId ?? DEFAULTS.chainId,
    jwtSecret: input.jwtSecret,
    jwtIssuer: input.jwtIssuer ?? DEFAULTS.jwtIssuer,
    jwtAudience: input.jwtAudience ?? DEFAULTS.jwtAudience,
    siweDomain: input.siweDomain ?? new URL(publicUrl).host,
    siweUri: input.siweUri ?? publicUrl,
    siweStatement: input.siweStatement ?? DEFAULTS.siweStatement,
    nonceTtlSeconds: input.nonceTtlSecs ?? DEFAULTS.nonceTtlSeconds,
    accessTtlSeconds: input.accessTtlSecs ?? DEFAULTS.accessTtlSeconds,
    refreshTtlSeconds: input.refreshTtlSecs ?? DEFAULTS.refreshTtlSeconds,
  }
}

/**
 * The one project of a start without a file, with all three dialects. What is not said is made up, and listed in
 * `generated`, with the memory store only; with Redis a missing public key stays missing, and the rest has been refused.
 */
export function resolveOneProject(
  input: EnvironmentInput['project'],
  surroundings: Surroundings,
  random: RandomSource,
): { readonly project: ProjectSettings; readonly generated: readonly GeneratedValue[] } {
  const generated: GeneratedValue[] = []
  const orNew = (given: string | undefined, name: EnvName, make: () => string) => {
    if (given !== undefined) return given
    if (!surroundings.isMemory) throw new TypeError(`${name} may only be made up with the memory store`)
    const value = make()
    generated.push({ name, value })
    return value
  }
  const id = orNew(input.id, 'PROJECT_ID', () => newAppId(random))
  const secretKey = orNew(input.secretKey, 'PROJECT_SECRET_KEY', () => newApiKey('sk_test_', random))
  const publicKeys =
    input.publicKey === undefined && !surroundings.isMemory
      ? []
      : [orNew(input.publicKey, 'PROJECT_PUBLIC_KEY', () => newApiKey('pk_test_', random))]
  const jwtSecret = orNew(input.fourmica.jwtSecret, 'AUTH_JWT_SECRET', () => newHex(32, random))
  const project = resolveProject(
    {
      id,
      name: input.name,
      allowedOrigins: input.allowedOrigins === undefined ? undefined : [...input.allowedOrigins],
      evmRpcUrls: input.evmRpcUrls,
      walletkit: { projectId: id },
      moonkey: { appId: appIdOf(id), secretKeys: [secretKey], publicKeys },
      fourmica: { ...input.fourmica, jwtSecret },
    },
    surroundings,
  )
  return { project, generated }
}
