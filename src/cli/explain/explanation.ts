import type { SignInMessage } from '../../../core/messages/sign-in-message.ts'
import type { Check } from './checks.ts'
import type { Dialect } from './dialects.ts'
import type { Hint } from './hints.ts'
import type { Edit } from './near-texts.ts'

/** One refusal: the code and the reason are those of the log line beside a request id. */
export interface ExplainedRefusal {
  readonly code: string
  readonly reason: string
  readonly says: string
  readonly remedy: string
}

/** What `explain` found out; its fields are what `--json` prints. */
export interface Explanation {
  readonly outcome: 'accepted' | 'refused' | 'unchecked'
  /** Null: accepted. */
  readonly refusal: ExplainedRefusal | null
  /** What else would refuse it, in the order in which it would be met. */
  readonly also: readonly ExplainedRefusal[]
  /** What is behind it, as far as can be seen. */
  readonly hints: readonly Hint[]
  /** What was taken for granted. */
  readonly notes: readonly Hint[]
  readonly project: string
  readonly dialect: Dialect
  readonly form: 'message' | 'challenge'
  readonly now: string
  /** As parsed; null where that failed, and for a challenge. */
  readonly message: SignInMessage | null
  readonly checks: readonly Check[]
  readonly account: {
    readonly id: string | null
    /** As the chain's users write it: EIP-55 for Ethereum. */
    readonly address: string | null
    readonly kind: 'key' | 'contract' | 'unknown'
    /** What its chain said; null: it was not asked. */
    readonly contract: string | null
  }
  readonly signature: {
    readonly bytes: number | null
    /** How the account's key signed exactly this text; null: it did not. */
    readonly form: string | null
    /** Ethereum: whose key signed exactly this text. */
    readonly signer: string | null
    /** How the text that was signed comes from this one; null: unknown. */
    readonly edits: readonly Edit[] | null
  }
}
