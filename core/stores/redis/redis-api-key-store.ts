import type { ApiKey } from '../../api-keys/api-key.ts'
import { AuthError } from '../../errors.ts'
import type { RandomSource } from '../../ports.ts'
import type { ApiKeyStore } from '../api-key-store.ts'
import { fieldsOf, type RedisSteps } from './redis-steps.ts'

/*
 * One hash holds every key: id = '<revoked at or 0>,<key as text>'. The version is a random name of the last change, not a count, and not what
 * was changed: after a failover that forgot a change neither another one nor the same one, made again, bears its name.
 */

/** KEYS: keys, version. ARGV: id, record, next version. Returns 1 when the id was free. */
const CREATE_API_KEY = `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
return 1`

/** KEYS: keys, version. ARGV: id, revoked at, next version. Returns the record to the one caller that ended it. */
const REVOKE_API_KEY = `
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record or record:sub(1, 2) ~= '0,' then return {} end
record = ARGV[2] .. record:sub(2)
redis.call('HSET', KEYS[1], ARGV[1], record)
redis.call('SET', KEYS[2], ARGV[3])
return {record}`

/** KEYS: keys, version. ARGV: known version. Returns nothing when it is still that, else the version and every id and record. */
const READ_API_KEYS = `
local version = redis.call('GET', KEYS[2]) or ''
if version == ARGV[1] then return {} end
local answer = redis.call('HGETALL', KEYS[1])
table.insert(answer, 1, version)
return answer`

/** What no version is called. */
const NO_VERSION = '-'
const VERSION_BYTES = 16

/** API keys in Redis, without a TTL. It holds their hashes, and nothing that would be accepted as a key. */
export function createRedisApiKeyStore(
  steps: RedisSteps,
  keys: { apiKeys(): string; apiKeysVersion(): string },
  random: RandomSource,
): ApiKeyStore {
  const places = [keys.apiKeys(), keys.apiKeysVersion()]
  const newVersion = () => Buffer.from(random.bytes(VERSION_BYTES)).toString('hex')
  return {
    create: (key) => steps.runForFlag(CREATE_API_KEY, places, [key.id, encode(key), newVersion()]),
    async revoke(keyId, revokedAt) {
      const answer = await steps.run(REVOKE_API_KEY, places, [keyId, revokedAt.getTime(), newVersion()])
      const record = Array.isArray(answer) ? answer[0] : undefined
      return record === undefined ? null : decode(keyId, record)
    },
    async read(version) {
      const answer = await steps.run(READ_API_KEYS, places, [version ?? NO_VERSION])
      const [current, ...flat] = Array.isArray(answer) ? answer : []
      if (current === undefined) return null
      return { version: current, keys: Object.entries(fieldsOf(flat)).map(([id, record]) => decode(id, record)) }
    },
  }
}

/** JSON with short names, times in milliseconds. */
function encode({ projectId, kind, name, digest, ending, createdAt, revokedAt }: ApiKey): string {
  const record = JSON.stringify({ p: projectId, k: kind, n: name, d: digest, e: ending, c: createdAt.getTime() })
  return `${revokedAt?.getTime() ?? 0},${record}`
}

/** Read strictly: a record that is none of ours is an outage, and nobody's key. */
function decode(id: string, text: string): ApiKey {
  const [, revoked = '', record = ''] = /^(\d{1,15}),(.*)$/s.exec(text) ?? []
  const { p, k, n, d, e, c } = parse(record)
  if (typeof p !== 'string' || typeof e !== 'string' || (k !== 'secret' && k !== 'public')) throw corrupt()
  if (typeof d !== 'string' || !/^[0-9a-f]{64}$/.test(d) || (n !== null && typeof n !== 'string')) throw corrupt()
  if (typeof c !== 'number' || !Number.isSafeInteger(c)) throw corrupt()
  const revokedAt = revoked === '0' ? null : new Date(Number(revoked))
  return { id, projectId: p, kind: k, name: n, digest: d, ending: e, createdAt: new Date(c), revokedAt }
}

function parse(record: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(record)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (error) {
    throw corrupt(error)
  }
  throw corrupt()
}

function corrupt(cause?: unknown): AuthError {
  return new AuthError('store_unavailable', 'record_corrupt', cause)
}
