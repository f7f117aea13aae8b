import type { Verdict } from './chain.ts'

/** What a contract account is said to have signed. The account must have failed local recovery before. */
export interface ContractSignature {
  readonly projectId: string
  /** CAIP-2 reference of the chain that the message names, for example `84532`. */
  readonly chain: string
  /** Canonical: `0x` and 40 lower-case digits. */
  readonly address: string
  /** What the wallet was asked to sign, before EIP-191. */
  readonly message: Uint8Array
  /** As decoded from hex, of any length. */
  readonly signature: Uint8Array
}

/** How an account came to accept: as it stands, as its factory would deploy it, or after being made ready (ERC-6492). */
export type AcceptedReason = 'contract_accepted' | 'undeployed_contract_accepted' | 'prepared_contract_accepted'

/** Why a signature is not the account's. The first group is decided without a request. */
export type RefusedReason =
  | 'signature_empty'
  | 'signature_too_long'
  | 'address_reserved'
  | 'wrapper_malformed'
  | 'account_without_code'
  | 'contract_refused'
  | 'contract_reverted'
  | 'contract_gas_exhausted'
  | 'factory_not_allowed'
  | 'factory_reverted'
  | 'factory_gas_exhausted'
  | 'factory_deployed_nothing'

/** Why it could not be decided: nothing here says anything about the signature. */
export type UncheckedReason =
  | 'chain_not_served'
  | 'rpc_busy'
  | 'rpc_timeout'
  | 'rpc_unreachable'
  | 'rpc_connection_lost'
  | 'rpc_rate_limited'
  | 'rpc_http_error'
  | 'rpc_redirected'
  | 'rpc_answer_encoded'
  | 'rpc_answer_too_large'
  | 'rpc_answer_incomplete'
  | 'rpc_answer_malformed'
  | 'rpc_answer_mismatched'
  | 'rpc_error'
  | 'rpc_execution_failed'
  | 'rpc_gas_capped'
  | 'rpc_wrong_chain'

/** The decision, and its cause as a stable word for logs and diagnostics. */
export type ContractVerdict =
  | { readonly verdict: Verdict & 'valid'; readonly reason: AcceptedReason }
  | { readonly verdict: Verdict & 'invalid'; readonly reason: RefusedReason }
  | { readonly verdict: Verdict & 'unchecked'; readonly reason: UncheckedReason }

/** Accounts that are programs (ERC-1271, ERC-6492, EIP-7702), each bound to the chain it is asked on. */
export interface ContractAccounts {
  /** May this project ask this chain at all? Where not, its contract accounts are refused without a question. */
  serves(projectId: string, chain: string): boolean
  /** The chains it may ask, as CAIP-2 references, in the order of its configuration. */
  chainsOf(projectId: string): readonly string[]
  /** Asks the account on its chain whether the signature is its own. Takes bounded time, changes nothing, and never throws. */
  verify(signature: ContractSignature): Promise<ContractVerdict>
}
