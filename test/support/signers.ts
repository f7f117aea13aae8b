import type { Namespace } from '../../core/accounts/account.ts'
import { newSolanaWallet, SIGNATURE_ENCODINGS } from './solana-wallets.ts'
import { newEthereumWallet } from './wallets.ts'

/** A wallet, of either chain, as its user has it. */
export interface Signer {
  readonly type: 'ethereum' | 'solana'
  readonly namespace: Namespace
  readonly address: string
  /** As answers spell it. */
  readonly shownAddress: string
  /** The signature of this text, as a client sends it. */
  sign(text: string): Promise<string>
}

export function ethereumSigner(wallet = newEthereumWallet()): Signer {
  const { address } = wallet
  const sign = (text: string) => wallet.signMessage(text)
  return { type: 'ethereum', namespace: 'eip155', address, shownAddress: address.toLowerCase(), sign }
}

export function solanaSigner(encoding: keyof typeof SIGNATURE_ENCODINGS = 'base58'): Signer {
  const { address, sign } = newSolanaWallet()
  const encode = SIGNATURE_ENCODINGS[encoding]
  return {
    type: 'solana',
    namespace: 'solana',
    address,
    shownAddress: address,
    sign: async (text) => encode(sign(text)),
  }
}

/** What a test takes both chains through. */
export const SIGNERS = { ethereum: ethereumSigner, solana: solanaSigner } as const
