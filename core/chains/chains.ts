import type { Namespace } from '../accounts/account.ts'
import type { Chain } from './chain.ts'
import { createEthereumChain } from './ethereum/ethereum-chain.ts'
import { createSolanaChain } from './solana/solana-chain.ts'

/** Every chain we verify signatures for, by CAIP-2 namespace. */
export type Chains = Readonly<Record<Namespace, Chain>>

let instantiated: Promise<Chains> | undefined

/** The chains, ready to verify synchronously. Their WASM is instantiated once per process, however often this is called. */
export function createChains(): Promise<Chains> {
  instantiated ??= instantiateChains()
  return instantiated
}

async function instantiateChains(): Promise<Chains> {
  const [eip155, solana] = await Promise.all([createEthereumChain(), createSolanaChain()])
  return { eip155, solana }
}
