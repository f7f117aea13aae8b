import type { OriginPolicy } from '../shared/origins.ts'

/** A WalletKit project: the face of one of ours. Times in seconds. */
export interface WalletKitTenant {
  readonly projectId: string
  readonly projectName: string
  /** What `X-WalletKit-Project-ID` says; answers and tokens use it. */
  readonly walletKitId: string
  /** How the outside reaches us, without a slash at its end: where emailed links lead. */
  readonly publicUrl: string
  /** `iss` of its access tokens. */
  readonly jwtIssuer: string
  /** The domain its passkeys are bound to. Null: the host of the page that makes them. */
  readonly rpId: string | null
  readonly accessTtlSeconds: number
  readonly refreshTtlSeconds: number
  /** The pages that may call, whose hosts a sign-in message may name, and that may use passkeys. */
  readonly origins: OriginPolicy
}

export interface TenantFinder {
  byWalletKitId(walletKitId: string): WalletKitTenant | null
}

/** Finds projects by the id in the vendor's header. */
export function createTenantFinder(tenants: readonly WalletKitTenant[]): TenantFinder {
  const projects = new Map(tenants.map((tenant) => [tenant.walletKitId, tenant]))
  return { byWalletKitId: (walletKitId) => projects.get(walletKitId) ?? null }
}
