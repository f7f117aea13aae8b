import type { Account } from '../../../core/accounts/account.ts'
import type { AuthError } from '../../../core/errors.ts'
import type { SignInMessage } from '../../../core/messages/sign-in-message.ts'
import type { ProofExplanation } from '../../../core/sign-in/explain-proof.ts'
import type { MessageProof } from '../../../core/sign-in/proof.ts'
import type { ExplainedDoor } from './door.ts'
import type { SignatureFacts } from './examine-signature.ts'
import type { NearText } from './near-texts.ts'
import type { ExplainPorts } from './ports.ts'

/** A request that came to nothing else: not a sign-in message, though a text near it is one. */
export interface Readable extends NearText {
  readonly message: SignInMessage
}

/** Everything that is known about one request, for those who draw conclusions. */
export interface ExplainedCase {
  readonly ports: ExplainPorts
  readonly door: ExplainedDoor
  readonly projectId: string
  /** Every project there is, this one too. */
  readonly projectIds: readonly string[]
  readonly form: 'message' | 'challenge'
  readonly now: Date
  readonly proof: MessageProof
  /** As the request names the account, read and as it was written. Null: not known, or no address. */
  readonly requestAccount: Account | null
  readonly requestAddress: string | null
  readonly explained: ProofExplanation
  /** The verdict's first, if there is one, and then the others. */
  readonly refusals: readonly AuthError[]
  /** Null where the text could be read, or nothing near it can. */
  readonly readable: Readable | null
  /** Whose signature it would have to be, as far as anything says so. */
  readonly subject: Account | null
  /** Null where there is no subject. */
  readonly facts: SignatureFacts | null
}

export function hasReason({ refusals }: Pick<ExplainedCase, 'refusals'>, reason: string): boolean {
  return refusals.some((refusal) => refusal.reason === reason)
}
