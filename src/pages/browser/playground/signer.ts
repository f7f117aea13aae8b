import { formatSignInMessage } from '../../../../core/messages/format-sign-in-message.ts'

export type ChainName = 'ethereum' | 'solana'

/** Whoever holds the key: a wallet of the browser, or this page. */
export interface Signer {
  readonly chain: ChainName
  /** As its users write it. */
  readonly address: string
  /** Signs the text as wallets sign messages. Ethereum: EIP-191, in hex. Solana: Ed25519 over the bytes, in base58. */
  sign(text: string): Promise<string>
}

/** A way to get a signer. */
export interface WalletChoice {
  /** Stable while the page lives. */
  readonly id: string
  readonly name: string
  readonly chain: ChainName
  /** A `data:` image, or null. */
  readonly icon: string | null
  /** Asks the wallet's owner where it must. */
  connect(): Promise<Signer>
}

/** The wallet's owner refused, or the wallet cannot do what is asked of it. Nothing was sent. */
export class WalletRefusal extends Error {
  override readonly name = 'WalletRefusal'
}

/** What the message is to say besides the wallet's address. */
export interface MessageTerms {
  readonly domain: string
  readonly uri: string
  readonly statement: string
  readonly chainId: number
  readonly nonce: string
  readonly issuedAt: string
  /** Null leaves the line out. */
  readonly expirationTime: string | null
}

/** The text that the wallet is asked to sign: ERC-4361, and its Solana form without the chain. */
export function signInText({ chain, address }: Signer, { chainId, ...terms }: MessageTerms): string {
  return formatSignInMessage({
    ...terms,
    namespace: chain === 'ethereum' ? 'eip155' : 'solana',
    scheme: null,
    address,
    version: '1',
    chainId: chain === 'ethereum' ? String(chainId) : null,
    notBefore: null,
    requestId: null,
    resources: null,
  })
}
