import type { FourMicaTenant } from '../adapters/fourmica/tenants.ts'
import type { MoonKeyTenant } from '../adapters/moonkey/tenants.ts'
import type { WalletKitTenant } from '../adapters/walletkit/tenants.ts'
import { createApiKeyFinder } from '../core/api-keys/find-api-key.ts'
import type { Audited } from '../core/audit/audit-trail.ts'
import { createChains } from '../core/chains/chains.ts'
import { type Core, createCore } from '../core/core.ts'
import type { Outbox } from '../core/mail/outbox.ts'
import type { Clock, RandomSource } from '../core/ports.ts'
import { createSessionTokens } from '../core/sessions/session-token.ts'
import { createCodeHashes } from '../core/sign-in/code-hashes.ts'
import type { Stores } from '../core/stores/stores.ts'
import { createCompositeKeyRing, createStaticKeyRing } from '../core/tokens/key-ring.ts'
import { DEFAULT_KEY_SCHEDULE } from '../core/tokens/key-set.ts'
import { createKeySealer } from '../core/tokens/seal-key.ts'
import { createSharedSecretKey } from '../core/tokens/signing-key.ts'
import { createStoredKeyRing, type StoredKeyRing } from '../core/tokens/stored-key-ring.ts'
import type { ServerSettings, Settings } from './config/settings.ts'
import type { ContractAccountsState, OpenContractAccounts } from './rpc/open-contract-accounts.ts'

export interface Gateway {
  readonly core: Core
  /**
   * Resolves when requests can be served: the store answers and every signing key is at hand, made where it was missing.
   * @throws {AuthError} `store_unavailable`; its reason tells an outage from keys that cannot be opened
   */
  prepare(): Promise<void>
  /** How the chains' RPC servers do, for each project and chain. */
  contractAccountsState(): readonly ContractAccountsState[]
  /** The key pairs that sign, as far as they are at hand. */
  signingKeys: StoredKeyRing['signingKeys']
  /** Waits for what goes on in the background, then closes the stores. */
  close(): Promise<void>
  /** The faces of the projects. A dialect without any is switched off. */
  readonly tenants: {
    readonly fourmica: readonly FourMicaTenant[]
    readonly moonkey: readonly MoonKeyTenant[]
    readonly walletkit: readonly WalletKitTenant[]
  }
}

export interface GatewayPorts extends Audited {
  readonly stores: Stores
  readonly clock: Clock
  readonly random: RandomSource
  /** Null: there is nowhere to send mail to. */
  readonly mail: Outbox | null
  /** Told of what failed in the background. */
  readonly report: (error: unknown) => void
}

/** The core and the faces of its projects, as these settings say. */
export async function createGateway(
  {
    projects,
    secrets,
    server,
  }: Pick<Settings, 'projects' | 'secrets'> & { readonly server: Pick<ServerSettings, 'publicUrl'> },
  { stores, clock, random, mail, report, audit }: GatewayPorts,
): Promise<Gateway> {
  const chains = await createChains()
  const sharedSecrets = createStaticKeyRing(
    projects.flatMap(({ id: projectId, fourmica }) =>
      fourmica === null ? [] : [{ projectId, door: 'fourmica', key: createSharedSecretKey(fourmica.jwtSecret) }],
    ),
  )
  const keyPairs = createStoredKeyRing(
    { keyStore: stores.keys, sealer: createKeySealer(secrets, random), clock, random, report },
    projects.flatMap(({ id: projectId, moonkey, walletkit }) => [
      ...(moonkey === null ? [] : [{ projectId, door: 'moonkey' as const }]),
      ...(walletkit === null ? [] : [{ projectId, door: 'walletkit' as const }]),
    ]),
    DEFAULT_KEY_SCHEDULE,
  )
  const keys = createCompositeKeyRing({ fourmica: sharedSecrets, moonkey: keyPairs, walletkit: keyPairs })
  const sessionTokens = createSessionTokens(secrets)
  const codeHashes = createCodeHashes(secrets)
  const contracts = await openContracts(projects)
  const contractAccounts = contracts?.contractAccounts ?? null
  const core = createCore({
    chains,
    contractAccounts,
    stores,
    keys,
    apiKeys: createApiKeyFinder({ ...stores, clock }),
    sessionTokens,
    codeHashes,
    mail,
    clock,
    random,
    audit,
  })
  return {
    core,
    async prepare() {
      await Promise.all([core.ping(), keyPairs.prepare()])
    },
    contractAccountsState: () => contracts?.state() ?? [],
    signingKeys: () => keyPairs.signingKeys(),
    async close() {
      await keyPairs.idle()
      contracts?.close()
      await stores.close()
    },
    tenants: {
      fourmica: projects.flatMap(({ id, fourmica }) => (fourmica === null ? [] : [{ ...fourmica, projectId: id }])),
      moonkey: projects.flatMap(({ id, name, moonkey, allowedOrigins, wildcardOrigins, allowLocalhost }) =>
        moonkey === null
          ? []
          : [
              {
                ...moonkey,
                projectId: id,
                projectName: name,
                // `<host>/<App>`, as the vendor's (MoonKey digest §7.11).
                jwtIssuer: `${server.publicUrl}/${moonkey.appId}`,
                origins: { allowedOrigins, wildcardOrigins, allowLocalhost },
              },
            ],
      ),
      walletkit: projects.flatMap(({ id, name, walletkit, allowedOrigins, wildcardOrigins, allowLocalhost }) => {
        if (walletkit === null) return []
        const { projectId: walletKitId, ...settings } = walletkit
        return [
          {
            ...settings,
            projectId: id,
            projectName: name,
            walletKitId,
            publicUrl: server.publicUrl,
            jwtIssuer: `${server.publicUrl}/${walletKitId}`,
            origins: { allowedOrigins, wildcardOrigins, allowLocalhost },
          },
        ]
      }),
    },
  }
}

/** Null where no project names an RPC server: then nothing of this is even loaded. */
async function openContracts(projects: Settings['projects']): Promise<OpenContractAccounts | null> {
  const served = projects.filter(({ evmRpcUrls }) => Object.keys(evmRpcUrls).length > 0)
  if (served.length === 0) return null
  const { openContractAccounts } = await import('./rpc/open-contract-accounts.ts')
  return openContractAccounts(served)
}
