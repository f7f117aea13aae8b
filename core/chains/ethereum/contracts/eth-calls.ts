import type { UncheckedReason } from '../../contract-accounts.ts'

/** One read-only question to a chain. There is no `to`: the data is init code, whose return value is the answer. */
export interface EthCall {
  readonly projectId: string
  /** CAIP-2 reference. */
  readonly chain: string
  readonly from: string
  /** `0x` and hex digits. */
  readonly data: string
  readonly gas: number
}

/** What was understood of an answer, or why nothing was. */
export type Reading<T> =
  | { readonly outcome: 'read'; readonly value: T }
  | { readonly outcome: 'failed'; readonly reason: UncheckedReason }

/** The way to the chains' RPC servers. `eth_call` is all it can send. */
export interface EthCalls {
  serves(projectId: string, chain: string): boolean
  /** The project's chains, as CAIP-2 references, in the order of its configuration. */
  chainsOf(projectId: string): readonly string[]
  /**
   * Asks the chain's servers in turn until one gives a result that `read` understands; else the last reason. Takes bounded
   * time and never throws.
   */
  call<T>(call: EthCall, read: (result: string) => Reading<T>): Promise<Reading<T>>
}
