import type { Challenge, ChallengeKey } from '../../challenges/challenge.ts'
import type { ChallengeStore } from '../stores.ts'
import { ExpiringMap } from './expiring-map.ts'

/** Challenges in this process. */
export function createMemoryChallengeStore(): ChallengeStore {
  const challenges = new ExpiringMap<Challenge>()
  return {
    async issue(challenge) {
      challenges.set(textOf(challenge), structuredClone(challenge), challenge.expiresAt, challenge.issuedAt)
    },
    async find(key, now) {
      const challenge = challenges.get(textOf(key))
      return challenge !== undefined && challenge.expiresAt > now ? structuredClone(challenge) : null
    },
    async consume(challenge) {
      const key = textOf(challenge)
      // No await between the look and the taking: of any number of callers one gets through.
      return isSame(challenges.get(key), challenge) && challenges.delete(key)
    },
  }
}

function textOf({ projectId, purpose, subject, handle }: ChallengeKey): string {
  return JSON.stringify([projectId, purpose, subject, handle])
}

function isSame(stored: Challenge | undefined, { nonce, issuedAt, expiresAt }: Challenge): boolean {
  return (
    stored?.nonce === nonce &&
    stored.issuedAt.getTime() === issuedAt.getTime() &&
    stored.expiresAt.getTime() === expiresAt.getTime()
  )
}
