import type { Account } from '../../core/index.ts'

/** The EVM networks of the vendor's list, each with its test network: the gateway's host, not the name, tells them apart. */
const EVM_NETWORKS: Readonly<Record<string, readonly string[]>> = {
  Ethereum: ['1', '11155111'],
  Polygon: ['137', '80002'],
  Base: ['8453', '84532'],
  Avalanche: ['43114', '43113'],
}
/** Not on the vendor's list: Solana wallets are an extension of ours. */
const SOLANA = 'Solana'

/**
 * The network that a wallet is listed under, in the vendor's words: the one asked for if the wallet is on it. Null: not listed.
 * A contract's address on another chain can be somebody else's, so it is on its own chain alone.
 */
export function networkOf({ namespace, chain }: Account, asked: string | undefined): string | null {
  const networks = namespace === 'solana' ? [SOLANA] : Object.keys(EVM_NETWORKS).filter((name) => isOn(chain, name))
  return (asked === undefined ? networks[0] : networks.find((name) => name === asked)) ?? null
}

function isOn(chain: string | null, network: string): boolean {
  return chain === null || (EVM_NETWORKS[network] ?? []).includes(chain)
}
