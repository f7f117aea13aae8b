import type { RefusedReason, UncheckedReason } from '../../../core/chains/contract-accounts.ts'
import type { AuthError } from '../../../core/errors.ts'
import type { BindingRefusal } from '../../../core/messages/bind-sign-in-message.ts'
import type { MessageRefusal } from '../../../core/messages/message-refusals.ts'

/** What a reason means, and what to do. */
export type Advice = readonly [says: string, remedy: string]

const MESSAGE_ADVICE = {
  too_long: ['the text has more than 16 384 characters', 'send a shorter one'],
  ill_formed_text: [
    'the text has half a surrogate pair, which no wallet can sign',
    'build it from well-formed strings',
  ],
  header_malformed: [
    'the first line does not end in “wants you to sign in with your Ethereum account:” (or Solana)',
    'send the text exactly as the wallet got it',
  ],
  scheme_malformed: ['what stands before :// in the first line is no URI scheme', 'name none, or http or https'],
  domain_malformed: ['the first line does not begin with a host, and a port where there is one', 'use location.host'],
  address_malformed: [
    'the second line is not an address of the chain that the first names',
    'put the address there, whole',
  ],
  blank_line_missing: ['the address is not followed by a blank line', 'add it (ERC-4361)'],
  statement_malformed: [
    'the statement is more than one line, has characters that are not allowed, or lacks the blank line after it',
    'write it on one line between two blank ones',
  ],
  uri_missing: ['there is no “URI: ” line after the statement', 'add it, before “Version: ”'],
  uri_malformed: ['the URI is none by RFC 3986', 'write it with its scheme, and percent-encoded'],
  version_missing: ['there is no “Version: ” line after the URI', 'add “Version: 1”'],
  version_unsupported: ['the version is not 1', 'write “Version: 1”'],
  chain_id_missing: ['there is no “Chain ID: ” line after the version', 'add it with the chain’s number'],
  chain_id_malformed: ['the chain id is not a decimal number', 'write 1, not 0x1, eip155:1 or mainnet'],
  nonce_missing: ['there is no “Nonce: ” line where it belongs', 'add it, with the nonce that the server gave'],
  nonce_malformed: ['the nonce is not 8 to 128 letters and digits', 'use the one that the server gave'],
  issued_at_missing: ['there is no “Issued At: ” line after the nonce', 'add it'],
  issued_at_malformed: ['Issued At is not a time as in RFC 3339', 'use toISOString()'],
  expiration_time_malformed: ['Expiration Time is not a time as in RFC 3339', 'use toISOString()'],
  not_before_malformed: ['Not Before is not a time as in RFC 3339', 'use toISOString()'],
  request_id_malformed: ['the request id has characters that are not allowed', 'percent-encode it'],
  resource_malformed: ['a resource is no URI', 'write each as “- ” and a URI'],
  trailing_content: [
    'there is something after the last field: a line feed, an unknown field, or one in the wrong order',
    'end the text with its last field, in the order of ERC-4361',
  ],
} as const satisfies Record<MessageRefusal, Advice>

const BINDING_ADVICE = {
  address_mismatch: ['the message is for another account than the request', 'name the account that signs in both'],
  version_mismatch: ['the version is not 1', 'write “Version: 1”'],
  chain_id_mismatch: ['the message names another chain', 'switch the wallet’s network, or set the project’s chain'],
  domain_mismatch: [
    'the message was made for another domain',
    'if that page may sign in here, add its origin to ALLOWED_ORIGINS (4mica: AUTH_SIWE_DOMAIN); else it is phishing',
  ],
  uri_mismatch: ['the URI is not one of this project', 'as for the domain (4mica: AUTH_SIWE_URI, to the letter)'],
  statement_mismatch: ['the statement is not the project’s', 'use the one of /auth/nonce, or set AUTH_SIWE_STATEMENT'],
  issued_in_the_future: ['the message was issued in the future', 'set the clocks, or use issued_at of /auth/nonce'],
  issued_too_long_ago: [
    'the message was issued too long ago',
    'ask for a new nonce and sign again; else set the clocks',
  ],
  expired: ['the message has expired', 'sign a new one; if that one expires at once, set the clocks'],
  not_yet_valid: ['the message is not valid yet', 'wait until its Not Before; else set the clocks'],
} as const satisfies Record<BindingRefusal, Advice>

const CONTRACT_ADVICE = {
  signature_empty: ['the signature is empty', 'see why the wallet gave none'],
  signature_too_long: ['the signature is longer than 8 KiB', 'ask the wallet’s makers'],
  address_reserved: ['the address is zero or a precompile, which nobody holds', 'use a wallet’s address'],
  wrapper_malformed: ['the ERC-6492 wrapper cannot be opened', 'encode (address, bytes, bytes) before the suffix'],
  account_without_code: [
    'no key of this address signed, and there is no contract at it on the chain of the message',
    'sign with the right account, name the chain of the contract, or wrap the signature (ERC-6492)',
  ],
  contract_refused: ['the contract says that the signature is not its own', 'sign with its owners of today'],
  contract_reverted: ['the contract failed when it was asked', 'see that it has isValidSignature (ERC-1271)'],
  contract_gas_exhausted: ['the contract used up its gas when it was asked', 'see its isValidSignature'],
  factory_not_allowed: ['the factory of the undeployed account is not allowed', 'add it to allowedFactories'],
  factory_reverted: ['the factory of the undeployed account failed', 'see the wrapper’s factory and its data'],
  factory_gas_exhausted: ['the factory of the undeployed account used up its gas', 'deploy the account first'],
  factory_deployed_nothing: ['the factory put no account at this address', 'see the wrapper’s factory and its data'],
} as const satisfies Record<RefusedReason, Advice>

const SEE_RPC = 'see the RPC servers in EVM_RPC_URLS; the sign-in can be repeated with the same nonce'

const CHAIN_ADVICE = {
  chain_not_served: ['no RPC server is configured for the chain', 'add one to EVM_RPC_URLS'],
  rpc_busy: ['too many questions to the chain were under way', SEE_RPC],
  rpc_timeout: ['the chain did not answer in time', SEE_RPC],
  rpc_unreachable: ['the RPC server cannot be reached', SEE_RPC],
  rpc_connection_lost: ['the connection to the RPC server was lost', SEE_RPC],
  rpc_rate_limited: ['the RPC server has had too many requests', 'raise its plan, or add another to EVM_RPC_URLS'],
  rpc_http_error: ['the RPC server answered with an HTTP error', SEE_RPC],
  rpc_redirected: ['the RPC server redirects, which is not followed', 'name the URL that it redirects to'],
  rpc_answer_encoded: ['the RPC server’s answer is compressed, unasked', SEE_RPC],
  rpc_answer_too_large: ['the RPC server’s answer is too large', SEE_RPC],
  rpc_answer_incomplete: ['the RPC server’s answer ended too early', SEE_RPC],
  rpc_answer_malformed: ['the RPC server’s answer is no JSON-RPC', 'see that the URL is an RPC server’s'],
  rpc_answer_mismatched: ['the RPC server answered another question', SEE_RPC],
  rpc_error: ['the RPC server answered with an error', SEE_RPC],
  rpc_execution_failed: ['the RPC server could not carry out the question', SEE_RPC],
  rpc_gas_capped: ['the RPC server allows too little gas for the question', 'raise its cap (geth: --rpc.gascap)'],
  rpc_wrong_chain: ['the RPC server is of another chain', 'see EVM_RPC_URLS'],
} as const satisfies Record<UncheckedReason, Advice>

const OTHER_ADVICE = {
  nonce_unknown: [
    'the nonce was not given out for this account here, was used, or is long expired',
    'ask for a new nonce for exactly this account, and use it once',
  ],
  challenge_expired: ['the nonce has expired', 'ask for a new one and sign again'],
  other_user: ['the nonce was given out for another user_id', 'send the user_id that came with the nonce'],
  signature_malformed: [
    'the signature is in no encoding of its chain',
    'send hex for Ethereum, base58 or base64 for Solana',
  ],
  signature_invalid: ['the account has not signed this text', 'sign exactly the text that is sent, with this account'],
  address_malformed: ['the address of the request is none', 'send it whole'],
  wallet_inactive: ['the wallet was suspended or revoked', 'walletgate wallets set-role … --status active'],
  rpc_not_asked: ['only the chain can say, and --offline asks none', 'leave out --offline'],
} as const satisfies Record<string, Advice>

const STORE_ADVICE: Advice = ['the store does not answer', 'see REDIS_URL, and that Redis is up']

const BY_REASON: Readonly<Record<string, Advice>> = {
  ...BINDING_ADVICE,
  ...CONTRACT_ADVICE,
  ...CHAIN_ADVICE,
  ...OTHER_ADVICE,
}

/** What this refusal means and what to do about it. */
export function adviceOn({ code, reason }: AuthError): Advice {
  if (code === 'store_unavailable') return STORE_ADVICE
  // Some words are a reason of more than one code.
  const advice = code === 'message_malformed' ? MESSAGE_ADVICE[reason as MessageRefusal] : BY_REASON[reason]
  return advice ?? ['it is refused', 'see the code']
}
