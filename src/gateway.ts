import type { FourMicaTenant } from '../adapters/fourmica/tenants.ts'
import { createChains } from '../core/chains/chains.ts'
import { type Core, createCore } from '../core/core.ts'
import type { Clock, RandomSource } from '../core/ports.ts'
import type { Stores } from '../core/stores/stores.ts'
import { createStaticKeyRing } from '../core/tokens/key-ring.ts'
import { createSharedSecretKey } from '../core/tokens/signing-key.ts'
import type { Settings } from './config/settings.ts'

export interface Gateway {
  readonly core: Core
  readonly tenants: { readonly fourmica: readonly FourMicaTenant[] }
}

/** The core and the faces of its projects, as these settings say. */
export async function createGateway(
  settings: Pick<Settings, 'projects'>,
  { stores, clock, random }: { stores: Stores; clock: Clock; random: RandomSource },
): Promise<Gateway> {
  const chains = await createChains()
  const fourmica = settings.projects.flatMap(({ id, fourmica: section }) =>
    section === null ? [] : [{ tenant: { ...section, projectId: id }, secret: section.jwtSecret }],
  )
  const keys = createStaticKeyRing(
    fourmica.map(({ tenant, secret }) => ({
      projectId: tenant.projectId,
      door: 'fourmica',
      key: createSharedSecretKey(secret),
    })),
  )
  const core = createCore({ chains, stores, keys, clock, random })
  return { core, tenants: { fourmica: fourmica.map(({ tenant }) => tenant) } }
}
