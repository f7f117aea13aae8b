import type { ContractAccounts, ContractVerdict } from '../../core/chains/contract-accounts.ts'
import { createContractAccounts } from '../../core/chains/ethereum/contracts/contract-accounts.ts'
import type { EthCalls } from '../../core/chains/ethereum/contracts/eth-calls.ts'
import { createKeccak256 } from '../../core/chains/ethereum/keccak256.ts'
import { createRpcChain, type RpcAttempt, type RpcChain, type RpcChainState } from './rpc-chain.ts'
import { RPC_LIMITS, type RpcLimits } from './rpc-limits.ts'
import { createRpcServer } from './rpc-server.ts'

/** What a project says about contract accounts. */
export interface RpcProject {
  readonly id: string
  /** CAIP-2 chain id to its RPC servers, in the order to ask them. */
  readonly evmRpcUrls: Readonly<Record<string, readonly string[]>>
  /** Canonical addresses of the factories that may be called (ERC-6492); null: any. */
  readonly allowedFactories: readonly string[] | null
}

/** Counts since the start, for one project on one chain. */
export interface ContractAccountsState extends RpcChainState {
  readonly projectId: string
  /** CAIP-2 chain id. */
  readonly chainId: string
  readonly verdicts: Readonly<Partial<Record<ContractVerdict['reason'], number>>>
  /** Of all verdicts together. */
  readonly milliseconds: number
}

/** The counts of one chain. */
export type ChainCounts = Pick<
  ContractAccountsState,
  'chainId' | 'verdicts' | 'milliseconds' | 'requests' | 'turnedAway'
>

export interface OpenContractAccounts {
  readonly contractAccounts: ContractAccounts
  state(): readonly ContractAccountsState[]
  /** Closes what no other projects of the pool use, once nothing is under way there. */
  retire(): void
  /** Closes everything now, and ends what is under way. */
  close(): void
}

/** Connections to RPC servers, kept from one set of projects to the next. */
export interface ContractAccountsPool {
  /** As `openContractAccounts`. A project's chain whose servers are the same as in another set shares its connections and counts. */
  open(projects: readonly RpcProject[]): Promise<OpenContractAccounts>
  /** What was counted since the start, also for servers that are not used any more: counts never fall. */
  counts(): readonly ChainCounts[]
}

interface Served {
  /** What has to be the same for two projects' chains to be one. */
  readonly key: string
  users: number
  readonly projectId: string
  readonly chainId: string
  readonly rpc: RpcChain
  readonly verdicts: Partial<Record<ContractVerdict['reason'], number>>
  milliseconds: number
}

/**
 * Contract accounts over the RPC servers of these projects. Nothing is connected before the first question.
 * @throws {TypeError} for an RPC URL that is none; its text names no part of it
 */
export function openContractAccounts(
  projects: readonly RpcProject[],
  limits: RpcLimits = RPC_LIMITS,
  elapsed: () => number = () => performance.now(),
): Promise<OpenContractAccounts> {
  return createContractAccountsPool(limits, elapsed).open(projects)
}

/** An empty pool. `tell` hears of every request that was sent. */
export function createContractAccountsPool(
  limits: RpcLimits = RPC_LIMITS,
  elapsed: () => number = () => performance.now(),
  tell: (attempt: RpcAttempt & { readonly chainId: string }) => void = () => {},
): ContractAccountsPool {
  const pooled = new Map<string, Served>()
  const ended = new Map<string, ChainCounts>()

  function serve(projectId: string, chainId: string, urls: readonly string[]): Served {
    const key = JSON.stringify([projectId, chainId, urls])
    const found = pooled.get(key)
    if (found !== undefined) return found
    const rpc = createRpcChain(urls.map(createRpcServer), limits, elapsed, (attempt) => tell({ ...attempt, chainId }))
    return { key, users: 0, projectId, chainId, rpc, verdicts: {}, milliseconds: 0 }
  }

  function release(chain: Served): void {
    chain.users -= 1
    if (chain.users > 0) return
    pooled.delete(chain.key)
    chain.rpc.retire()
    const { chainId } = chain
    ended.set(chainId, addCounts(chainId, [ended.get(chainId), { ...chain, ...chain.rpc.state() }]))
  }

  return {
    async open(projects) {
      const chains = projects.flatMap(({ id, evmRpcUrls }) =>
        Object.entries(evmRpcUrls).map(([chainId, urls]) => serve(id, chainId, urls)),
      )
      const opened = await openOver(chains, projects, elapsed)
      // Not before all of it stands: what could not be opened holds on to nothing.
      for (const chain of chains) {
        chain.users += 1
        pooled.set(chain.key, chain)
      }
      return {
        ...opened,
        retire() {
          for (const chain of chains) release(chain)
        },
        close() {
          for (const { rpc } of chains) rpc.close()
        },
      }
    },
    counts: () => [...ended.values(), ...[...pooled.values()].map((chain) => ({ ...chain, ...chain.rpc.state() }))],
  }
}

function addCounts(chainId: string, counts: readonly (ChainCounts | undefined)[]): ChainCounts {
  const sum = { chainId, verdicts: {}, milliseconds: 0, requests: {}, turnedAway: 0 }
  for (const each of counts) {
    if (each === undefined) continue
    sum.milliseconds += each.milliseconds
    sum.turnedAway += each.turnedAway
    addTo(sum.verdicts, each.verdicts)
    addTo(sum.requests, each.requests)
  }
  return sum
}

function addTo(sum: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count
}

async function openOver(
  chains: readonly Served[],
  projects: readonly RpcProject[],
  elapsed: () => number,
): Promise<Pick<OpenContractAccounts, 'contractAccounts' | 'state'>> {
  const served = new Map(chains.map((chain) => [keyOf(chain.projectId, chain.chainId), chain]))
  const find = (projectId: string, chain: string) => served.get(keyOf(projectId, `eip155:${chain}`))
  const references = new Map(
    projects.map(({ id, evmRpcUrls }) => [
      id,
      Object.keys(evmRpcUrls).map((chainId) => chainId.slice('eip155:'.length)),
    ]),
  )
  const factories = new Map(
    projects.map(({ id, allowedFactories }) => [id, allowedFactories === null ? null : new Set(allowedFactories)]),
  )
  const ethCalls: EthCalls = {
    serves: (projectId, chain) => find(projectId, chain) !== undefined,
    chainsOf: (projectId) => references.get(projectId) ?? [],
    async call({ projectId, chain, from, data, gas }, read) {
      const params = [{ from, data, gas: `0x${gas.toString(16)}` }, 'latest']
      return find(projectId, chain)?.rpc.call(params, read) ?? { outcome: 'failed', reason: 'chain_not_served' }
    },
  }
  const contractAccounts = createContractAccounts({
    keccak256: await createKeccak256(),
    ethCalls,
    // A project nobody configured may call none.
    allowedFactories: (projectId) => factories.get(projectId) ?? (factories.has(projectId) ? null : new Set()),
  })
  return {
    contractAccounts: {
      serves: contractAccounts.serves,
      chainsOf: contractAccounts.chainsOf,
      async verify(signature) {
        const since = elapsed()
        const answer = await contractAccounts.verify(signature)
        const chain = find(signature.projectId, signature.chain)
        if (chain !== undefined) {
          chain.verdicts[answer.reason] = (chain.verdicts[answer.reason] ?? 0) + 1
          chain.milliseconds += elapsed() - since
        }
        return answer
      },
    },
    state: () =>
      chains.map(({ projectId, chainId, rpc, verdicts, milliseconds }) => ({
        projectId,
        chainId,
        ...rpc.state(),
        verdicts: { ...verdicts },
        milliseconds,
      })),
  }
}

/** A project's id holds no line break. */
function keyOf(projectId: string, chainId: string): string {
  return `${projectId}\n${chainId}`
}
