import type { ContractAccounts, ContractVerdict } from '../../core/chains/contract-accounts.ts'
import { createContractAccounts } from '../../core/chains/ethereum/contracts/contract-accounts.ts'
import type { EthCalls } from '../../core/chains/ethereum/contracts/eth-calls.ts'
import { createKeccak256 } from '../../core/chains/ethereum/keccak256.ts'
import { createRpcChain, type RpcChain, type RpcChainState } from './rpc-chain.ts'
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

export interface OpenContractAccounts {
  readonly contractAccounts: ContractAccounts
  state(): readonly ContractAccountsState[]
  close(): void
}

interface Served {
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
export async function openContractAccounts(
  projects: readonly RpcProject[],
  limits: RpcLimits = RPC_LIMITS,
  elapsed: () => number = () => performance.now(),
): Promise<OpenContractAccounts> {
  const chains = projects.flatMap(({ id: projectId, evmRpcUrls }) =>
    Object.entries(evmRpcUrls).map(([chainId, urls]): Served => {
      const rpc = createRpcChain(urls.map(createRpcServer), limits, elapsed)
      return { projectId, chainId, rpc, verdicts: {}, milliseconds: 0 }
    }),
  )
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
    close() {
      for (const { rpc } of chains) rpc.close()
    },
  }
}

/** A project's id holds no line break. */
function keyOf(projectId: string, chainId: string): string {
  return `${projectId}\n${chainId}`
}
