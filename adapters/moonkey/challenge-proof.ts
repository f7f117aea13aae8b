import type { ChallengeProof } from '../../core/index.ts'
import { CHALLENGE } from './purposes.ts'
import type { MoonKeyTenant } from './tenants.ts'

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
