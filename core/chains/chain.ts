import type { Namespace } from '../accounts/account.ts'

/** Did this account sign these bytes? `unchecked`: it could not be decided now; neither right nor wrong. */
export type Verdict = 'valid' | 'invalid' | 'unchecked'

/**
 * What the core needs from a chain, and all it may know about one. Domain, URI, nonce, chain id and time are judged
 * elsewhere, once, in chain-free code.
 */
export interface Chain {
  readonly namespace: Namespace
  /** The word in the header of a sign-in message: `… sign in with your <name> account:`. */
  readonly name: 'Ethereum' | 'Solana'
  /** The canonical address, or null when the text is no address. Length is checked before any decoding. */
  parseAddress(text: string): string | null
  /** The address as the chain's users write it (EIP-55 for Ethereum, untouched for Solana). */
  formatAddress(address: string): string
  /** Is this the checksummed, or otherwise only canonical, spelling? (EIP-55; always true where there is one spelling.) */
  isCanonicalSpelling(text: string): boolean
  /** The signature's bytes, or null when the text is not in one of the chain's encodings. Length is checked before decoding. */
  decodeSignature(text: string): Uint8Array | null
  /** Local and without network. `address` is canonical, as `parseAddress` gives it. Never throws on input. */
  verify(address: string, message: Uint8Array, signature: Uint8Array): 'valid' | 'invalid'
}
