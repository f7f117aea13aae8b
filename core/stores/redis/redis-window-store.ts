import { AuthError } from '../../errors.ts'
import type { WindowStore } from '../window-store.ts'
import type { Keys } from './keys.ts'
import type { RedisSteps } from './redis-steps.ts'

/** KEYS: the count. ARGV: points, the window's milliseconds. A count without an end gets one. */
const ADD_POINTS = `
local points = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = ARGV[2]
end
return {tostring(points), tostring(left)}
`

/** Counts in Redis, one key each, which ends with its window. */
export function createRedisWindowStore(steps: RedisSteps, keys: Keys): WindowStore {
  return {
    async add(name, points, seconds) {
      const answer = await steps.run(ADD_POINTS, [keys.window(name)], [points, seconds * 1000])
      const [sum, left] = Array.isArray(answer) ? answer.map(Number) : []
      if (sum === undefined || left === undefined) throw new AuthError('store_unavailable', 'answer_unexpected')
      return { points: sum, msLeft: left }
    },
  }
}
