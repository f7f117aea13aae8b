import { createTenantFinder as createFourMicaFinder, type FourMicaTenant } from '../../adapters/fourmica/tenants.ts'
import { createTenantFinder as createMoonKeyFinder, type MoonKeyTenant } from '../../adapters/moonkey/tenants.ts'
import { credentialOf } from '../../adapters/shared/credential.ts'
import { createTenantFinder as createWalletKitFinder, type WalletKitTenant } from '../../adapters/walletkit/tenants.ts'
import type { Identify } from './limit-requests.ts'

/* Which project a request names, as its dialect reads it; whether it may do so is the dialect's to judge. */

export function identifyFourMica(tenants: readonly FourMicaTenant[]): Identify {
  const findTenant = createFourMicaFinder(tenants)
  return (c) => ({ projectId: findTenant(c.req.header('host')).projectId, isServer: false })
}

/** A secret key makes a server: one address that calls for all users of its customer. */
export function identifyMoonKey(tenants: readonly MoonKeyTenant[]): Identify {
  const finder = createMoonKeyFinder(tenants)
  return (c) => {
    const secret = credentialOf(c, 'bearer')
    const server = secret === '' ? null : finder.bySecretKey(secret)
    if (server !== null) return { projectId: server.projectId, isServer: true }
    const shown = credentialOf(c, 'publictoken')
    const page = shown === '' ? null : finder.byPublicKey(shown)
    return { projectId: page?.projectId ?? null, isServer: false }
  }
}

export function identifyWalletKit(tenants: readonly WalletKitTenant[]): Identify {
  const findTenant = createWalletKitFinder(tenants)
  return (c) => ({
    projectId: findTenant(c.req.header('x-walletkit-project-id') ?? '')?.projectId ?? null,
    isServer: false,
  })
}
