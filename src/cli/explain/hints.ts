/** What is the matter beyond what a sign-in says, one sentence each. Stable words: `--json` prints them. */
export const HINTS = {
  // The text
  text_altered: 'The wallet did sign, but a text that differs: it was changed on its way from the wallet to the server',
  text_built_wrong: 'The wallet signed exactly this text: whatever built it, built it wrong',
  text_nearly_readable: 'It would be a sign-in message',
  text_hashed_first: 'The wallet signed the hash of the text: hand it the text, not a digest of it',
  text_without_prefix:
    'The text was signed without the prefix of EIP-191: sign with personal_sign, not eth_sign or a bare key',
  text_prefixed_twice:
    'The text was given the prefix of EIP-191 twice: hand the wallet the text, not a prepared digest',
  challenge_replaced:
    'The pending challenge of this wallet has another text: a newer one was asked for, and the newest counts',
  // The signature
  other_signer: 'Another account signed this text, or this account signed another text',
  signed_by_request_address: 'The account that the request names did sign this text; the message names another',
  signed_by_message_address: 'The account that the message names did sign this text; the request names another',
  recovery_byte: 'Its last byte is none of 0, 1, 27 and 28; higher ones belong to transactions',
  recovery_byte_first: 'Its recovery byte comes first; it belongs at the end',
  high_s: 'Its s is above n/2, the malleable twin of the right one (EIP-2); signing libraries give the low form',
  der_encoded: 'It is in DER; Ethereum signatures are r, s and v, 65 bytes',
  length_of_no_key: 'It is as long as no key’s signature (64 or 65 bytes): a contract account’s, or cut off',
  wrapped: 'It is wrapped for a contract account that is not deployed yet (ERC-6492)',
  spelled_as_hex: 'It is in hex; Solana signatures are in base58 or base64',
  spelled_as_base58: 'It is in base58; Ethereum signatures are in hex',
  spelled_as_base64:
    'It is in base64, which Ethereum signatures are not, and Solana ones only in the standard alphabet with padding',
  spelled_as_list: 'It is a list of numbers: encode the bytes first, in hex for Ethereum, in base58 for Solana',
  spelled_in_quotes: 'There are quotes or white space around it',
  spelled_right_otherwise: 'Spelled as it should be, it would be right',
  transaction_could_land:
    'The transaction has a blockhash: only one of zeros, which can never land, is taken for a signature',
  packet_of_other_text:
    'The wallet signed a transaction or an off-chain message of another text, or with more in it than the text',
  packet_unsigned: 'The signature in the transaction or off-chain message is not over the bytes beside it',
  // The account
  contract_not_asked: 'It may be a contract account’s: no RPC server is configured for the chain, so none was asked',
  contract_not_asked_offline: 'It may be a contract account’s: --offline asks no chain',
  checksum_wrong:
    'The letters of the address are not in its EIP-55 spelling, though there are both cases: is a digit mistyped?',
  request_names_another:
    'The message names another account than --address: a nonce is for the account it was asked for',
  // The rest
  nonce_not_ours: 'The nonce is none of ours by its shape: the client must use the one it was given',
  nonce_of_another: 'The nonce is live, but was issued through another door',
  scheme_not_allowed: 'The domain is allowed, with another scheme before it',
  uri_slash: 'The URI differs by a slash at its end',
  clock_ahead: 'The clock of whoever built the message is ahead of ours',
  // What was assumed
  request_address_unknown: 'Without --address it was taken that the request names the account of the message',
  nonce_assumed: 'The nonce was taken to be live: with a memory store only the server itself knows',
} as const

export type HintCode = keyof typeof HINTS

export interface Hint {
  readonly hint: HintCode
  readonly says: string
}

export function hintOf(hint: HintCode, detail = ''): Hint {
  return { hint, says: `${HINTS[hint]}${detail}.` }
}
