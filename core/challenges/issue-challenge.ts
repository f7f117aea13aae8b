import type { Account } from '../accounts/account.ts'
import { newHex } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { ChallengeStore } from '../stores/stores.ts'
import type { Challenge, ChallengePurpose } from './challenge.ts'

export interface ChallengeRequest {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  readonly account: Account
  readonly ttlSeconds: number
}

/** A stored challenge with a nonce of 128 random bits, alphanumeric as ERC-4361 demands. Earlier ones stay usable. */
export async function issueChallenge(
  { challenges, clock, random }: { challenges: ChallengeStore; clock: Clock; random: RandomSource },
  { projectId, purpose, account, ttlSeconds }: ChallengeRequest,
): Promise<Challenge> {
  const nonce = newHex(16, random)
  const issuedAt = clock.now()
  const expiresAt = new Date(issuedAt.getTime() + ttlSeconds * 1000)
  const challenge = { projectId, purpose, account, handle: nonce, nonce, issuedAt, expiresAt }
  await challenges.issue(challenge)
  return challenge
}
