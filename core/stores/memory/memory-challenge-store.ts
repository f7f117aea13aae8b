import { isDeepStrictEqual } from 'node:util'
import type { Challenge, ChallengeKey } from '../../challenges/challenge.ts'
import type { ChallengeStore } from '../stores.ts'
import { copyRecord } from './copy-record.ts'
import { ExpiringMap } from './expiring-map.ts'

/** Challenges in this process. */
export function createMemoryChallengeStore(): ChallengeStore {
  const challenges = new ExpiringMap<{ readonly challenge: Challenge; attempts: number }>()
  return {
    async issue(challenge) {
      const entry = { challenge: copyRecord(challenge), attempts: 0 }
      challenges.set(textOf(challenge), entry, challenge.expiresAt, challenge.issuedAt)
    },
    async find(key, now) {
      const entry = challenges.get(textOf(key))
      return entry !== undefined && entry.challenge.expiresAt > now ? copyRecord(entry.challenge) : null
    },
    async attempt(key, limit, now) {
      const entry = challenges.get(textOf(key))
      if (entry === undefined || entry.challenge.expiresAt <= now || entry.attempts >= limit) return null
      // No await between the look and the count: of any number of callers no more than the limit get through.
      entry.attempts += 1
      return copyRecord(entry.challenge)
    },
    async consume(challenge) {
      const key = textOf(challenge)
      // No await between the look and the taking: of any number of callers one gets through.
      return isDeepStrictEqual(challenges.get(key)?.challenge, challenge) && challenges.delete(key)
    },
  }
}

function textOf({ projectId, purpose, subject, handle }: ChallengeKey): string {
  return JSON.stringify([projectId, purpose, subject, handle])
}
