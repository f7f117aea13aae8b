import type { ChallengeStore } from '../stores.ts'
import { decodeChallenge, encodeChallenge } from './codec.ts'
import type { Keys } from './keys.ts'
import type { RedisSteps } from './redis-steps.ts'
import { CONSUME } from './scripts.ts'

/** Challenges in Redis, each ending by itself. */
export function createRedisChallengeStore(steps: RedisSteps, keys: Keys): ChallengeStore {
  return {
    async issue(challenge) {
      const ttl = challenge.expiresAt.getTime() - challenge.issuedAt.getTime()
      if (ttl <= 0) return
      await steps.ask((client) => client.set(keys.challenge(challenge), encodeChallenge(challenge), 'PX', ttl))
    },
    async find(key, now) {
      const text = await steps.ask((client) => client.get(keys.challenge(key)))
      if (text === null) return null
      const { projectId, purpose, subject, handle } = key
      const challenge = { projectId, purpose, subject, handle, ...decodeChallenge(text) }
      return challenge.expiresAt > now ? challenge : null
    },
    consume: (challenge) => steps.runForFlag(CONSUME, [keys.challenge(challenge)], [encodeChallenge(challenge)]),
  }
}
