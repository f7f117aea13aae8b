/* The steps of an import that need more than one command. As in `scripts.ts`: keys of one hash tag, times in milliseconds. */

/**
 * KEYS: user, its credentials' keys. ARGV: user as text, '1' to make it active, the id or '' when the key says it, then credential keys.
 * The field 'i' marks a user whose import has begun and not finished. Returns 0, and changes nothing, when the user is there without it.
 */
export const BEGIN_IMPORT = `
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HEXISTS', KEYS[1], 'i') == 0 then return 0 end
redis.call('HSET', KEYS[1], 'j', ARGV[1], 'i', '1')
if ARGV[2] == '1' then redis.call('HSET', KEYS[1], 's', 'active') end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'k', ARGV[3]) end
if #ARGV > 3 then redis.call('SADD', KEYS[2], unpack(ARGV, 4)) end
return 1`

/** KEYS: user. Returns 1 when it is still there. */
export const FINISH_IMPORT = `
redis.call('HDEL', KEYS[1], 'i')
return redis.call('EXISTS', KEYS[1])`

/** KEYS: session, the mark of its import. ARGV: ttl, the mark's ttl, then field and value pairs. Returns 1 for the first time. */
export const OPEN_IMPORTED_SESSION = `
if not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`

/** KEYS: user. Returns nothing for an active one and one that will be forgotten, else {''} or {the id the key does not say}. */
export const PENDING_USER = `
if redis.call('HGET', KEYS[1], 's') == 'active' or redis.call('PTTL', KEYS[1]) ~= -1 then return {} end
return {redis.call('HGET', KEYS[1], 'k') or ''}`
