import type { FourMicaTenant } from '../adapters/fourmica/tenants.ts'
import type { MoonKeyTenant } from '../adapters/moonkey/tenants.ts'
import { createChains } from '../core/chains/chains.ts'
import { type Core, createCore } from '../core/core.ts'
import type { Clock, RandomSource } from '../core/ports.ts'
import { createSessionTokens } from '../core/sessions/session-token.ts'
import type { Stores } from '../core/stores/stores.ts'
import { createCompositeKeyRing, createStaticKeyRing } from '../core/tokens/key-ring.ts'
import { createKeySealer } from '../core/tokens/seal-key.ts'
import { createSharedSecretKey } from '../core/tokens/signing-key.ts'
import { createStoredKeyRing } from '../core/tokens/stored-key-ring.ts'
import type { Settings } from './config/settings.ts'

export interface Gateway {
  readonly core: Core
  /** The faces of the projects. A dialect without any is switched off. */
  readonly tenants: { readonly fourmica: readonly FourMicaTenant[]; readonly moonkey: readonly MoonKeyTenant[] }
}

export interface GatewayPorts {
  readonly stores: Stores
  readonly clock: Clock
  readonly random: RandomSource
  /** Told of what failed in the background. */
  readonly report: (error: unknown) => void
}

/**
 * How long a replaced signing key's tokens are still accepted, seconds: the longest life of a session token's JWT, and what
 * clients may cache.
 */
const KEY_RETENTION_SECONDS = 24 * 60 * 60

/** The core and the faces of its projects, as these settings say. */
export async function createGateway(
  { projects, secrets }: Pick<Settings, 'projects' | 'secrets'>,
  { stores, clock, random, report }: GatewayPorts,
): Promise<Gateway> {
  const chains = await createChains()
  const sharedSecrets = createStaticKeyRing(
    projects.flatMap(({ id: projectId, fourmica }) =>
      fourmica === null ? [] : [{ projectId, door: 'fourmica', key: createSharedSecretKey(fourmica.jwtSecret) }],
    ),
  )
  const keyPairs = createStoredKeyRing(
    { keyStore: stores.keys, sealer: createKeySealer(secrets, random), clock, random, report },
    projects.flatMap(({ id: projectId, moonkey }) => (moonkey === null ? [] : [{ projectId, door: 'moonkey' }])),
    { retentionSeconds: KEY_RETENTION_SECONDS },
  )
  const keys = createCompositeKeyRing({ fourmica: sharedSecrets, moonkey: keyPairs, walletkit: keyPairs })
  const sessionTokens = createSessionTokens(secrets)
  return {
    core: createCore({ chains, stores, keys, sessionTokens, clock, random }),
    tenants: {
      fourmica: projects.flatMap(({ id, fourmica }) => (fourmica === null ? [] : [{ ...fourmica, projectId: id }])),
      moonkey: projects.flatMap(({ id, name, moonkey, allowedOrigins, allowLocalhost }) =>
        moonkey === null
          ? []
          : [{ ...moonkey, projectId: id, projectName: name, origins: { allowedOrigins, allowLocalhost } }],
      ),
    },
  }
}
