import type { ChallengeProof, MessageProof } from '../../core/index.ts'
import { expectationOf, LENIENCIES } from './expectation.ts'
import type { MoonKeyTenant } from './tenants.ts'

/** A challenge of one is never redeemed for the other (MoonKey digest §7.5). */
export const CHALLENGE = 'moonkey.challenge'
export const SIGN_IN_MESSAGE = 'moonkey.sign-in-message'

/** What comes before the App's name in the text of a challenge. */
export const CHALLENGE_OPENING = 'Login for '

/** The text of a challenge around its random part. */
export function challengeText({ projectName }: Pick<MoonKeyTenant, 'projectName'>, random: string): string {
  return `${CHALLENGE_OPENING}${projectName}: ${random}`
}

/** What the core is asked about a signature of the pending challenge of this account. */
export function challengeProof(
  { projectId }: MoonKeyTenant,
  shown: Pick<ChallengeProof, 'account' | 'signature' | 'charge'>,
): ChallengeProof {
  return { projectId, purpose: CHALLENGE, ...shown }
}

/** What the core is asked about a sign-in message that was shown to this App. */
export function messageProof(
  tenant: MoonKeyTenant,
  shown: Pick<MessageProof, 'account' | 'text' | 'signature' | 'charge'>,
  expectation: MessageProof['expectation'] = expectationOf(tenant),
): MessageProof {
  const terms = { purpose: SIGN_IN_MESSAGE, userId: null, leniencies: LENIENCIES, expectation } as const
  return { projectId: tenant.projectId, ...terms, ...shown }
}
