import { newHex } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { ChallengeStore } from '../stores/stores.ts'
import type { Challenge, ChallengePurpose } from './challenge.ts'

export interface ChallengeRequest {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  /** Whom it is for: an account id, or another credential's key. */
  readonly subject: string
  readonly ttlSeconds: number
}

/** What its nonces look like: 128 random bits in hex. */
export const ISSUED_NONCE = /^[0-9a-f]{32}$/

/** A stored challenge with a nonce of 128 random bits, alphanumeric as ERC-4361 demands. Earlier ones stay usable. */
export async function issueChallenge(
  { challenges, clock, random }: { challenges: ChallengeStore; clock: Clock; random: RandomSource },
  { projectId, purpose, subject, ttlSeconds }: ChallengeRequest,
): Promise<Challenge> {
  const nonce = newHex(16, random)
  const issuedAt = clock.now()
  const expiresAt = new Date(issuedAt.getTime() + ttlSeconds * 1000)
  const challenge = { projectId, purpose, subject, handle: nonce, nonce, issuedAt, expiresAt, context: {} }
  await challenges.issue(challenge)
  return challenge
}
