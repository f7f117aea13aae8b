/*
 * The steps that need more than one command. Each touches keys of one hash tag, takes the time as an argument, and is O(1) in
 * users and sessions. Times are milliseconds.
 */

/** KEYS: challenge. ARGV: the challenge as text. Returns 1 for the one caller that took exactly this one. */
export const CONSUME = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`

/** KEYS: session. ARGV: ttl, then field and value pairs. */
export const OPEN_SESSION = `
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`

/**
 * KEYS: a user's session ids by end of life. ARGV: session id, ends at, ttl, forget before.
 * The set lives as long as its longest member.
 */
export const LIST_SESSION = `
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[4])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1`

/**
 * KEYS: session. ARGV: now, new expiry or '', ttl for it, factor field or '', factor.
 * Returns the session's fields, or nothing when it is not live.
 */
export const RENEW_SESSION = `
local expiresAt = redis.call('HGET', KEYS[1], 'x')
if not expiresAt or tonumber(expiresAt) <= tonumber(ARGV[1]) then return {} end
redis.call('HSET', KEYS[1], 'a', ARGV[1])
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'x', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], ARGV[4], ARGV[5]) end
return redis.call('HGETALL', KEYS[1])`

/**
 * KEYS: session. ARGV: now, presented hash, next hash, next expiry, ttl, grace, most live tokens.
 * Tokens are fields 't:<hash>' = '<expires at>,<replaced at or 0>'; 'p' is the hash replaced last.
 * Returns the outcome, followed by the session's fields when it is 'rotated'.
 */
export const ROTATE_REFRESH_TOKEN = `
local now, grace = tonumber(ARGV[1]), tonumber(ARGV[6])
local fields = redis.call('HGETALL', KEYS[1])
local live, presented, expiresAt, previous = 0, nil, nil, nil
local function ended(value)
  local x, r = value:match('^(%d+),(%d+)$')
  return tonumber(x) <= now or (r ~= '0' and tonumber(r) + grace <= now), tonumber(x) <= now, r ~= '0', x
end
for i = 1, #fields, 2 do
  local name, value = fields[i], fields[i + 1]
  if name == 'x' then expiresAt = tonumber(value)
  elseif name == 'p' then previous = value
  elseif name:sub(1, 2) == 't:' and name:sub(3) == ARGV[2] then presented = value end
end
if not expiresAt or expiresAt <= now then return {'unusable'} end
if not presented then return {previous == ARGV[2] and 'reused' or 'unusable'} end
local over, expired, replaced, presentedExpiry = ended(presented)
if expired then return {'unusable'} end
if over then return {'reused'} end
for i = 1, #fields, 2 do
  if fields[i]:sub(1, 2) == 't:' then
    if ended(fields[i + 1]) then redis.call('HDEL', KEYS[1], fields[i]) else live = live + 1 end
  end
end
redis.call('HSET', KEYS[1], 'p', ARGV[2])
if grace == 0 then
  redis.call('HDEL', KEYS[1], 't:' .. ARGV[2])
  live = live - 1
elseif not replaced then
  redis.call('HSET', KEYS[1], 't:' .. ARGV[2], presentedExpiry .. ',' .. ARGV[1])
end
if live >= tonumber(ARGV[7]) then return {'unusable'} end
redis.call('HSET', KEYS[1], 't:' .. ARGV[3], ARGV[4] .. ',0', 'x', ARGV[4], 'a', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
local answer = redis.call('HGETALL', KEYS[1])
table.insert(answer, 1, 'rotated')
return answer`

/** KEYS: session. ARGV: hash. Returns 1 for the one caller that ended the session with a token that was not replaced. */
export const REVOKE_BY_REFRESH_TOKEN = `
local token = redis.call('HGET', KEYS[1], 't:' .. ARGV[1])
if not token or token:sub(-2) ~= ',0' then return 0 end
return redis.call('DEL', KEYS[1])`

/** KEYS: session. ARGV: now. Returns 1 for the one caller that ended a live session. */
export const REVOKE_SESSION = `
local expiresAt = redis.call('HGET', KEYS[1], 'x')
redis.call('DEL', KEYS[1])
return expiresAt and tonumber(expiresAt) > tonumber(ARGV[1]) and 1 or 0`

/** KEYS: user, its credentials. ARGV: user as text, credential key or '', '1' to make it active. Returns 1 when it is new. */
export const WRITE_USER = `
local created = redis.call('HSETNX', KEYS[1], 'j', ARGV[1])
redis.call('PERSIST', KEYS[1])
if ARGV[3] == '1' then redis.call('HSET', KEYS[1], 's', 'active') end
if ARGV[2] ~= '' then redis.call('SADD', KEYS[2], ARGV[2]) end
return created`

/** KEYS: user. ARGV: expected, changed. Returns 1 when it was as expected. */
export const UPDATE_USER = `
if redis.call('HGET', KEYS[1], 'j') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'j', ARGV[2])
return 1`

/** KEYS: user. ARGV: user as text, ttl. Keeps a pending user at least this long; leaves one that is kept for good alone. */
export const WRITE_PENDING_USER = `
if redis.call('HSETNX', KEYS[1], 'j', ARGV[1]) == 1 or redis.call('PTTL', KEYS[1]) >= 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1`

/** KEYS: credential, reservation. ARGV: credential, verified at or '', access or ''. Returns the fields of an earlier owner's. */
export const CLAIM_CREDENTIAL = `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HGETALL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'c', ARGV[1], 'v', ARGV[2])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'a', ARGV[3]) end
redis.call('DEL', KEYS[2])
return {}`

/** KEYS: credential. ARGV: credential as text. Returns 1 when it was exactly this one. */
export const RELEASE_CREDENTIAL = `
if redis.call('HGET', KEYS[1], 'c') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`

/** KEYS: credential. ARGV: credential as text, verified at. Returns 1 when it was not verified before. */
export const VERIFY_CREDENTIAL = `
if redis.call('HGET', KEYS[1], 'c') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'v') ~= '' then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2])
return 1`

/** KEYS: credential. ARGV: access. Returns 1 when there is one. */
export const SET_ACCESS = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'a', ARGV[1])
return 1`

/** KEYS: reservation. ARGV: user id, ttl. Returns the user id of the earlier live one, or this. Either is kept this long. */
export const RESERVE = `
local user = redis.call('GET', KEYS[1]) or ARGV[1]
redis.call('SET', KEYS[1], user, 'PX', ARGV[2])
return user`
