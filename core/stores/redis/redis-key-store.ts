import { AuthError } from '../../errors.ts'
import type { KeyPairDoor, KeyStore, StoredKey } from '../key-store.ts'
import type { RedisSteps } from './redis-steps.ts'

/** KEYS: key set. ARGV: expected version, new version, keys as text. Returns 1 when it was at the expected version. */
const REPLACE_KEY_SET = `
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'k', ARGV[3])
return 1`

/** Key sets in Redis: one hash each, without a TTL. What it holds of private keys is sealed. */
export function createRedisKeyStore(
  steps: RedisSteps,
  keys: { keySet(projectId: string, door: KeyPairDoor): string },
): KeyStore {
  return {
    async find(projectId, door) {
      const [version, text] = await steps.ask((client) => client.hmget(keys.keySet(projectId, door), 'v', 'k'))
      if (version == null && text == null) return null
      if (!/^[1-9]\d{0,14}$/.test(version ?? '')) throw corrupt()
      return { projectId, door, version: Number(version), keys: decodeKeys(text ?? '') }
    },
    replace: ({ projectId, door, keys: changed }, expectedVersion) =>
      steps.runForFlag(
        REPLACE_KEY_SET,
        [keys.keySet(projectId, door)],
        [expectedVersion, expectedVersion + 1, encodeKeys(changed)],
      ),
  }
}

/** JSON with short names, times in milliseconds. */
function encodeKeys(keys: readonly StoredKey[]): string {
  return JSON.stringify(
    keys.map(({ keyId, algorithm, state, createdAt, retiredAt, certificate, sealed }) => ({
      i: keyId,
      a: algorithm,
      s: state,
      c: createdAt.getTime(),
      r: retiredAt === null ? null : retiredAt.getTime(),
      x: certificate,
      p: sealed,
    })),
  )
}

/** Read strictly: what is no record of ours is an outage, and whether it is authentic is for the seal to say. */
function decodeKeys(text: string): readonly StoredKey[] {
  let records: unknown
  try {
    records = JSON.parse(text)
  } catch (error) {
    throw corrupt(error)
  }
  if (!Array.isArray(records)) throw corrupt()
  return records.map(decodeKey)
}

function decodeKey(record: unknown): StoredKey {
  if (typeof record !== 'object' || record === null) throw corrupt()
  const { i, a, s, c, r, x, p } = record as Record<string, unknown>
  if (typeof i !== 'string' || typeof x !== 'string' || typeof p !== 'string') throw corrupt()
  if (a !== 'RS256' && a !== 'ES256') throw corrupt()
  if (s !== 'next' && s !== 'current' && s !== 'retiring') throw corrupt()
  return {
    keyId: i,
    algorithm: a,
    state: s,
    createdAt: decodeTime(c),
    retiredAt: r === null ? null : decodeTime(r),
    certificate: x,
    sealed: p,
  }
}

function decodeTime(milliseconds: unknown): Date {
  const time = new Date(typeof milliseconds === 'number' ? milliseconds : Number.NaN)
  if (Number.isNaN(time.getTime())) throw corrupt()
  return time
}

function corrupt(cause?: unknown): AuthError {
  return new AuthError('store_unavailable', 'record_corrupt', cause)
}
