import { createHash } from 'node:crypto'
import type { Core, Soon } from '../../core/index.ts'
import type { OriginPolicy } from '../shared/origins.ts'

/** A MoonKey App: the face of one project. */
export interface MoonKeyTenant {
  readonly projectId: string
  readonly projectName: string
  /** `app_…`; ids in answers, issuers and the public key-set path use it. */
  readonly appId: string
  /** Keys, or `sha256:` and the hex digest of one. Those made by command are not among them. */
  readonly secretKeys: readonly string[]
  readonly publicKeys: readonly string[]
  /** `iss` of its session JWTs. */
  readonly jwtIssuer: string
  /** The pages that may call, and whose hosts a sign-in message may name. */
  readonly origins: OriginPolicy
}

/** Keys of the configuration are found at once; @throws {AuthError} `store_unavailable` where others cannot be asked for */
export interface TenantFinder {
  bySecretKey(key: string): Soon<MoonKeyTenant | null>
  byPublicKey(key: string): Soon<MoonKeyTenant | null>
  byAppId(appId: string): MoonKeyTenant | null
}

const HASHED = 'sha256:'
const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * Finds Apps by their keys: by those of the configuration first, then by those made by command. Keys are looked up by hash, so that
 * the time taken tells nothing about a key's text.
 */
export function createTenantFinder(
  core: Pick<Core, 'projectOfApiKey'>,
  tenants: readonly MoonKeyTenant[],
): TenantFinder {
  const index = (keysOf: (tenant: MoonKeyTenant) => readonly string[]) =>
    new Map(tenants.flatMap((tenant) => keysOf(tenant).map((key) => [digestOf(key), tenant] as const)))
  const secret = index(({ secretKeys }) => secretKeys)
  const publicKeys = index((tenant) => tenant.publicKeys)
  const apps = new Map(tenants.map((tenant) => [tenant.appId, tenant]))
  const projects = new Map(tenants.map((tenant) => [tenant.projectId, tenant]))
  const tenantOf = (projectId: string | null) => (projectId === null ? null : (projects.get(projectId) ?? null))
  const byStoredKey = (kind: 'secret' | 'public', key: string): Soon<MoonKeyTenant | null> => {
    const found = core.projectOfApiKey(kind, key)
    return found instanceof Promise ? found.then(tenantOf) : tenantOf(found)
  }
  return {
    bySecretKey: (key) => secret.get(digest(key)) ?? byStoredKey('secret', key),
    byPublicKey: (key) => publicKeys.get(digest(key)) ?? byStoredKey('public', key),
    byAppId: (appId) => apps.get(appId) ?? null,
  }
}

/** The digest of a configured key, which may be all that the configuration holds. */
function digestOf(configured: string): string {
  return configured.startsWith(HASHED) ? configured.slice(HASHED.length) : digest(configured)
}
