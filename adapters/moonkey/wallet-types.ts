import type { Namespace } from '../../core/index.ts'

/** A wallet type as somebody wrote it: which chain, and in which of the vendor's two vocabularies. */
export interface WalletType {
  readonly namespace: Namespace
  /** What the answer calls it. */
  readonly word: string
}

const WALLET_TYPES: Readonly<Record<string, WalletType>> = {
  eth: { namespace: 'eip155', word: 'ETH' },
  ethereum: { namespace: 'eip155', word: 'ethereum' },
  sol: { namespace: 'solana', word: 'SOL' },
  solana: { namespace: 'solana', word: 'solana' },
}

/** The wallet type this word means, in any letter case, or null (MoonKey digest §7.7). */
export function parseWalletType(text: string): WalletType | null {
  const key = text.toLowerCase()
  return Object.hasOwn(WALLET_TYPES, key) ? (WALLET_TYPES[key] ?? null) : null
}

/** What we call it where no request says otherwise: the vendor's newer word. */
export function walletTypeOf(namespace: Namespace): 'ethereum' | 'solana' {
  return namespace === 'eip155' ? 'ethereum' : 'solana'
}

/** The delivery channel of a sign-in with it. */
export function channelOf(namespace: Namespace): 'eth_wallet' | 'sol_wallet' {
  return namespace === 'eip155' ? 'eth_wallet' : 'sol_wallet'
}
