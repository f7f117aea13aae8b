import type { Namespace } from '../accounts/account.ts'

/**
 * A CAIP-122 sign-in text, field by field and as written: nothing is normalised, so `formatSignInMessage` gives the text
 * back. ERC-4361 for Ethereum; the same layout for Solana.
 */
export interface SignInMessage {
  readonly namespace: Namespace
  /** Before `://` in the header; null when absent. */
  readonly scheme: string | null
  /** RFC 3986 authority that asks for the signature. */
  readonly domain: string
  /** As written. Canonical form: `Chain.parseAddress`. */
  readonly address: string
  /** Null when there is none; may be the empty string (ERC-4361 allows it). */
  readonly statement: string | null
  readonly uri: string
  readonly version: string
  /** Digits on Ethereum; on Solana the text after `Chain ID: `; null when absent (Solana only). */
  readonly chainId: string | null
  readonly nonce: string
  readonly issuedAt: string
  readonly expirationTime: string | null
  readonly notBefore: string | null
  readonly requestId: string | null
  readonly resources: readonly string[] | null
}

/**
 * Deliberate departures from the strict grammar, each named, each only for the dialects that need it. `STRICT` has none.
 */
export interface MessageLeniencies {
  /** Accept an Ethereum address in any letter case. Strict accepts the EIP-55 spelling, and all-lower-case never. */
  readonly anyAddressCase: boolean
  /** Accept `\r\n` line ends (all or some). The signature is still over the bytes received. */
  readonly carriageReturns: boolean
  /** Accept spaces and tabs around each line, and white space or newlines after the last. */
  readonly outerSpace: boolean
  /**
   * Accept any text without line breaks as nonce and version, even empty or with control characters: the mismatch is then
   * judged by `bind` and by the challenge that is not there, not by grammar.
   */
  readonly anyNonceAndVersion: boolean
  /**
   * Accept any text without control characters and line breaks as statement (ERC-4361 allows only RFC 3986 characters and
   * space).
   */
  readonly anyStatementText: boolean
  /** Accept a missing statement written with one blank line instead of two (Solana wallets do). */
  readonly singleBlankLine: boolean
}

export const STRICT: MessageLeniencies = {
  anyAddressCase: false,
  carriageReturns: false,
  outerSpace: false,
  anyNonceAndVersion: false,
  anyStatementText: false,
  singleBlankLine: false,
}
