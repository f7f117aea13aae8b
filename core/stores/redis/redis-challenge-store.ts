import type { Challenge, ChallengeKey } from '../../challenges/challenge.ts'
import type { ChallengeStore } from '../stores.ts'
import { decodeChallenge, encodeChallenge } from './codec.ts'
import type { Keys } from './keys.ts'
import type { RedisSteps } from './redis-steps.ts'
import { ATTEMPT, CONSUME } from './scripts.ts'

/** Challenges in Redis, each ending by itself. */
export function createRedisChallengeStore(steps: RedisSteps, keys: Keys): ChallengeStore {
  return {
    async issue(challenge) {
      const ttl = challenge.expiresAt.getTime() - challenge.issuedAt.getTime()
      const key = keys.challenge(challenge)
      // One that has ended already still replaces the earlier one.
      if (ttl <= 0) await steps.ask((client) => client.del(key))
      else await steps.ask((client) => client.set(key, encodeChallenge(challenge), 'PX', ttl))
    },
    async find(key, now) {
      const record = await steps.ask((client) => client.get(keys.challenge(key)))
      return record === null ? null : liveChallenge(key, record, now)
    },
    async attempt(key, limit, now) {
      const record = String(await steps.run(ATTEMPT, [keys.challenge(key), keys.attempts(key)], [limit]))
      return record === '' ? null : liveChallenge(key, record, now)
    },
    consume: (challenge) => steps.runForFlag(CONSUME, [keys.challenge(challenge)], [encodeChallenge(challenge)]),
  }
}

function liveChallenge(key: ChallengeKey, record: string, now: Date): Challenge | null {
  const { projectId, purpose, subject, handle } = key
  const challenge = { projectId, purpose, subject, handle, ...decodeChallenge(record) }
  return challenge.expiresAt > now ? challenge : null
}
