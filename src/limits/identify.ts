import { createTenantFinder as createFourMicaFinder, type FourMicaTenant } from '../../adapters/fourmica/tenants.ts'
import { createTenantFinder as createMoonKeyFinder, type MoonKeyTenant } from '../../adapters/moonkey/tenants.ts'
import { credentialOf } from '../../adapters/shared/credential.ts'
import { createTenantFinder as createWalletKitFinder, type WalletKitTenant } from '../../adapters/walletkit/tenants.ts'
import type { Core } from '../../core/core.ts'
import type { Soon } from '../../core/tokens/key-ring.ts'
import type { Identified, Identify } from './limit-requests.ts'

/* Which project a request names, as its dialect reads it; whether it may do so is the dialect's to judge. */

export function identifyFourMica(tenants: readonly FourMicaTenant[]): Identify {
  const finder = createFourMicaFinder(tenants)
  return (c) => ({ projectId: finder.byHost(c.req.header('host')).projectId, isServer: false })
}

/** A secret key makes a server: one address that calls for all users of its customer. */
export function identifyMoonKey(tenants: readonly MoonKeyTenant[], core: Pick<Core, 'projectOfApiKey'>): Identify {
  const finder = createMoonKeyFinder(core, tenants)
  return (c) => {
    const secret = credentialOf(c, 'bearer')
    if (secret !== '') return whenFound(finder.bySecretKey(secret), true)
    const shown = credentialOf(c, 'publictoken')
    return shown === '' ? NOBODY : whenFound(finder.byPublicKey(shown), false)
  }
}

const NOBODY: Identified = { projectId: null, isServer: false }

function whenFound(found: Soon<MoonKeyTenant | null>, isServer: boolean): Soon<Identified> {
  const say = (tenant: MoonKeyTenant | null) => (tenant === null ? NOBODY : { projectId: tenant.projectId, isServer })
  // A store that cannot be asked is the dialect's to speak of; until then the caller counts as a stranger.
  return found instanceof Promise ? found.then(say, () => NOBODY) : say(found)
}

export function identifyWalletKit(tenants: readonly WalletKitTenant[]): Identify {
  const finder = createWalletKitFinder(tenants)
  return (c) => ({
    projectId: finder.byWalletKitId(c.req.header('x-walletkit-project-id') ?? '')?.projectId ?? null,
    isServer: false,
  })
}
