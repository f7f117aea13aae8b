import { allowsOrigin } from '../shared/origins.ts'
import type { WalletKitTenant } from './tenants.ts'

/** Which pages may make and use passkeys of this project: those of the app, on whose origin Link runs (WalletKit digest §2.6). */
export function passkeyTerms({ rpId, origins }: WalletKitTenant) {
  return { rpId, acceptsOrigin: (origin: string) => allowsOrigin(origins, origin) }
}
