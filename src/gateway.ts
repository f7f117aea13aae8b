import type { FourMicaTenant } from '../adapters/fourmica/tenants.ts'
import type { MoonKeyTenant } from '../adapters/moonkey/tenants.ts'
import type { WalletKitTenant } from '../adapters/walletkit/tenants.ts'
import { type ApiKeyFinder, createApiKeyFinder } from '../core/api-keys/find-api-key.ts'
import type { Audited } from '../core/audit/audit-trail.ts'
import { type Chains, createChains } from '../core/chains/chains.ts'
import { type Core, createCore } from '../core/core.ts'
import type { Outbox } from '../core/mail/outbox.ts'
import type { Clock, RandomSource } from '../core/ports.ts'
import { createSessionTokens, type SessionTokens } from '../core/sessions/session-token.ts'
import { type CodeHashes, createCodeHashes } from '../core/sign-in/code-hashes.ts'
import type { Stores } from '../core/stores/stores.ts'
import type { ForeignIssuers } from '../core/tokens/foreign-token.ts'
import { createCompositeKeyRing, createStaticKeyRing } from '../core/tokens/key-ring.ts'
import { DEFAULT_KEY_SCHEDULE } from '../core/tokens/key-set.ts'
import { createKeySealer } from '../core/tokens/seal-key.ts'
import { createSharedSecretKey } from '../core/tokens/signing-key.ts'
import { createStoredKeyRing, type StoredKeyRing } from '../core/tokens/stored-key-ring.ts'
import type { ServerSettings, Settings } from './config/settings.ts'
import type {
  ChainCounts,
  ContractAccountsPool,
  ContractAccountsState,
  OpenContractAccounts,
} from './rpc/open-contract-accounts.ts'
import { keySetOwners } from './stores/stored-keys.ts'
import type { Tracing } from './tracing/tracing.ts'

export interface Gateway {
  readonly core: Core
  /**
   * Resolves when requests can be served: the store answers and every signing key is at hand, made where it was missing.
   * @throws {AuthError} `store_unavailable`; its reason tells an outage from keys that cannot be opened
   */
  prepare(): Promise<void>
  /** The same of the signing keys alone. */
  prepareKeys(): Promise<void>
  /** How the chains' RPC servers do, for each project and chain. */
  contractAccountsState(): readonly ContractAccountsState[]
  /** What was counted at RPC servers since the start, whichever projects there were. */
  chainCounts(): readonly ChainCounts[]
  /** The key pairs that sign, as far as they are at hand. */
  signingKeys: StoredKeyRing['signingKeys']
  /**
   * Another gateway beside this one: other projects over the same stores, keys at hand and connections.
   * @param audit null: nobody keeps facts
   */
  over(projects: Settings['projects'], audit: Audited['audit']): Promise<Gateway>
  /** Lets go of what no other gateway uses. Whoever is still at it may finish. */
  retire(): void
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
  /** Null: nothing is traced. */
  readonly tracing?: Pick<Tracing, 'noteRpc'> | null
}

/** What gateways over the same stores have in common. */
interface Common extends Omit<GatewayPorts, 'report'> {
  readonly publicUrl: string
  readonly chains: Chains
  readonly sessionTokens: SessionTokens
  readonly codeHashes: CodeHashes
  readonly apiKeys: ApiKeyFinder
  readonly contracts: LazyContracts
}

/** The core and the faces of its projects, as these settings say. */
export async function createGateway(
  {
    projects,
    secrets,
    server,
  }: Pick<Settings, 'projects' | 'secrets'> & { readonly server: Pick<ServerSettings, 'publicUrl'> },
  { report, ...ports }: GatewayPorts,
): Promise<Gateway> {
  const { stores, clock, random } = ports
  const keyPairs = createStoredKeyRing(
    { keyStore: stores.keys, sealer: createKeySealer(secrets, random), clock, random, report },
    keySetOwners(projects),
    DEFAULT_KEY_SCHEDULE,
  )
  const common = {
    ...ports,
    publicUrl: server.publicUrl,
    chains: await createChains(),
    sessionTokens: createSessionTokens(secrets),
    codeHashes: createCodeHashes(secrets),
    apiKeys: createApiKeyFinder({ ...stores, clock }),
    contracts: createLazyContracts(ports.tracing ?? null),
  }
  return openGateway(projects, keyPairs, common)
}

async function openGateway(projects: Settings['projects'], keyPairs: StoredKeyRing, common: Common): Promise<Gateway> {
  const { contracts: pool, publicUrl, ...ports } = common
  const sharedSecrets = createStaticKeyRing(
    projects.flatMap(({ id: projectId, fourmica }) =>
      fourmica === null ? [] : [{ projectId, door: 'fourmica', key: createSharedSecretKey(fourmica.jwtSecret) }],
    ),
  )
  const keys = createCompositeKeyRing({ fourmica: sharedSecrets, moonkey: keyPairs, walletkit: keyPairs })
  const contracts = await pool.open(projects)
  const foreignIssuers = await openIssuers(projects)
  const core = createCore({ ...ports, contractAccounts: contracts?.contractAccounts ?? null, foreignIssuers, keys })
  return {
    core,
    async prepare() {
      await Promise.all([core.ping(), keyPairs.prepare()])
    },
    prepareKeys: () => keyPairs.prepare(),
    contractAccountsState: () => contracts?.state() ?? [],
    chainCounts: () => pool.counts(),
    signingKeys: () => keyPairs.signingKeys(),
    over: (others, audit) => openGateway(others, keyPairs.over(keySetOwners(others)), { ...common, audit }),
    retire: () => contracts?.retire(),
    async close() {
      await keyPairs.idle()
      contracts?.close()
      await ports.stores.close()
    },
    tenants: tenantsOf(projects, publicUrl),
  }
}

function tenantsOf(projects: Settings['projects'], publicUrl: string): Gateway['tenants'] {
  return {
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
              jwtIssuer: `${publicUrl}/${moonkey.appId}`,
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
          publicUrl,
          jwtIssuer: `${publicUrl}/${walletKitId}`,
          origins: { allowedOrigins, wildcardOrigins, allowLocalhost },
        },
      ]
    }),
  }
}

/** A pool of RPC servers that is not even loaded before a project names one. */
interface LazyContracts {
  /** Null where no project names an RPC server. */
  open(projects: Settings['projects']): Promise<OpenContractAccounts | null>
  counts(): readonly ChainCounts[]
}

function createLazyContracts(tracing: Pick<Tracing, 'noteRpc'> | null): LazyContracts {
  let pool: ContractAccountsPool | null = null
  return {
    async open(projects) {
      const served = projects.filter(({ evmRpcUrls }) => Object.keys(evmRpcUrls).length > 0)
      if (served.length === 0) return null
      const { createContractAccountsPool } = await import('./rpc/open-contract-accounts.ts')
      pool ??= createContractAccountsPool(undefined, undefined, tracing?.noteRpc)
      return pool.open(served)
    },
    counts: () => pool?.counts() ?? [],
  }
}

/** Null where no project takes another issuer's tokens: then nothing of this is even loaded. */
async function openIssuers(projects: Settings['projects']): Promise<ForeignIssuers | null> {
  if (projects.every(({ moonkey }) => moonkey?.vendorTokens === undefined)) return null
  const { openForeignIssuers } = await import('./vendor-tokens/open-foreign-issuers.ts')
  return openForeignIssuers(projects)
}
