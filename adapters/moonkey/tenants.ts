import { createHash } from 'node:crypto'
import type { OriginPolicy } from '../shared/origins.ts'

/** A MoonKey App: the face of one project. */
export interface MoonKeyTenant {
  readonly projectId: string
  readonly projectName: string
  /** `app_…`; ids in answers, issuers and the public key-set path use it. */
  readonly appId: string
  readonly secretKeys: readonly string[]
  readonly publicKeys: readonly string[]
  /** `iss` of its session JWTs. */
  readonly jwtIssuer: string
  /** The pages that may call, and whose hosts a sign-in message may name. */
  readonly origins: OriginPolicy
}

export interface TenantFinder {
  bySecretKey(key: string): MoonKeyTenant | null
  byPublicKey(key: string): MoonKeyTenant | null
  byAppId(appId: string): MoonKeyTenant | null
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** Finds Apps by their keys. Keys are looked up by hash, so that the time taken tells nothing about a key's text. */
export function createTenantFinder(tenants: readonly MoonKeyTenant[]): TenantFinder {
  const index = (keysOf: (tenant: MoonKeyTenant) => readonly string[]) =>
    new Map(tenants.flatMap((tenant) => keysOf(tenant).map((key) => [digest(key), tenant] as const)))
  const secret = index(({ secretKeys }) => secretKeys)
  const publicKeys = index((tenant) => tenant.publicKeys)
  const apps = new Map(tenants.map((tenant) => [tenant.appId, tenant]))
  return {
    bySecretKey: (key) => secret.get(digest(key)) ?? null,
    byPublicKey: (key) => publicKeys.get(digest(key)) ?? null,
    byAppId: (appId) => apps.get(appId) ?? null,
  }
}
