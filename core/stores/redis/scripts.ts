/*
 * The steps that need more than one command. Each touches keys of one hash tag, takes the time as an argument, and is O(1) in
 * users and sessions. Times are milliseconds.
 */

/** KEYS: challenge. ARGV: the challenge as text. Returns 1 for the one caller that took exactly this one. */
export const CONSUME = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`

/**
 * KEYS: challenge, its attempts = '<SHA-1 of the challenge>,<count>'. ARGV: limit. Returns the challenge, or '' when there is none
 * or it has been guessed at as often as it may. A challenge that replaces another starts at nought; the count outlives it.
 */
export const ATTEMPT = `
local challenge = redis.call('GET', KEYS[1])
if not challenge then return '' end
local mark, count = redis.sha1hex(challenge), 1
local held = redis.call('GET', KEYS[2])
if held and held:sub(1, 40) == mark then count = tonumber(held:sub(42)) + 1 end
if count > tonumber(ARGV[1]) then return '' end
redis.call('SET', KEYS[2], mark .. ',' .. count, 'PX', redis.call('PTTL', KEYS[1]) + 1000)
return challenge`

/** KEYS: session. ARGV: ttl, then field and value pairs. Nothing of an earlier session of this id stays. */
export const OPEN_SESSION = `
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`

/**
 * KEYS: a user's session ids by end of life. ARGV: session id, ends at, ttl, forget before; most and most returned, or nothing
 * where there is no limit. The set lives as long as its longest member. Returns others that are too many, those that end first.
 */
export const LIST_SESSION = `
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[4])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if not ARGV[5] then return {} end
local over = math.min(redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[5]), tonumber(ARGV[6]))
if over <= 0 then return {} end
local others = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, over)) do
  if id ~= ARGV[1] and #others < over then others[#others + 1] = id end
end
return others`

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
 *
 * Where there is no room for the successor, others go: first the one replaced first, which loses its grace; then the oldest that
 * nobody has used. The presented one loses its grace where it is alone.
 */
export const ROTATE_REFRESH_TOKEN = `
local key, now, grace, most = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[6]), tonumber(ARGV[7])
local fields = redis.call('HGETALL', key)
local tokens, expiresAt, previous = {}, nil, nil
for i = 1, #fields, 2 do
  local name, value = fields[i], fields[i + 1]
  if name == 'x' then expiresAt = tonumber(value)
  elseif name == 'p' then previous = value
  elseif name:sub(1, 2) == 't:' then
    local x, r = value:match('^(%d+),(%d+)$')
    tokens[name] = { name = name, text = x, expires = tonumber(x), replaced = tonumber(r) }
  end
end
if not expiresAt or expiresAt <= now then return {'unusable'} end
local presented = tokens['t:' .. ARGV[2]]
if not presented then return {previous == ARGV[2] and 'reused' or 'unusable'} end
local function over(token) return token.replaced > 0 and token.replaced + grace <= now end
if presented.expires <= now then return {'unusable'} end
if over(presented) then return {'reused'} end
local live, others, isFirstUse = 0, {}, presented.replaced == 0
for name, token in pairs(tokens) do
  if token.expires <= now or over(token) then
    redis.call('HDEL', key, name)
  else
    live = live + 1
    if token ~= presented then others[#others + 1] = token end
  end
end
table.sort(others, function(a, b)
  if a.replaced ~= b.replaced then return b.replaced == 0 or (a.replaced > 0 and a.replaced < b.replaced) end
  if a.expires ~= b.expires then return a.expires < b.expires end
  return a.name < b.name
end)
local drop = {}
if grace == 0 then drop[1] = presented.name end
while live - #drop >= most do
  local victim = table.remove(others, 1)
  if not victim and isFirstUse and grace > 0 then victim, isFirstUse = presented, false end
  if not victim then return {'unusable'} end
  drop[#drop + 1] = victim.name
end
if isFirstUse and grace > 0 then redis.call('HSET', key, presented.name, presented.text .. ',' .. ARGV[1]) end
if #drop > 0 then redis.call('HDEL', key, unpack(drop)) end
redis.call('HSET', key, 'p', ARGV[2], 't:' .. ARGV[3], ARGV[4] .. ',0', 'x', ARGV[4], 'a', ARGV[1])
redis.call('PEXPIRE', key, ARGV[5])
local answer = redis.call('HGETALL', key)
table.insert(answer, 1, 'rotated')
return answer`

/**
 * KEYS: session. ARGV: now, hash, expiry, ttl, most live tokens. Returns the session's fields, or nothing when it is not live or
 * has as many unexpired tokens as it may.
 */
export const ADD_REFRESH_TOKEN = `
local key, now, live, over = KEYS[1], tonumber(ARGV[1]), 0, {}
local fields = redis.call('HGETALL', key)
local expiresAt
for i = 1, #fields, 2 do
  if fields[i] == 'x' then expiresAt = tonumber(fields[i + 1])
  elseif fields[i]:sub(1, 2) == 't:' then
    if tonumber(fields[i + 1]:match('^(%d+)')) > now then live = live + 1 else over[#over + 1] = fields[i] end
  end
end
if not expiresAt or expiresAt <= now then return {} end
if #over > 0 then redis.call('HDEL', key, unpack(over)) end
if live >= tonumber(ARGV[5]) then return {} end
redis.call('HSET', key, 't:' .. ARGV[2], ARGV[3] .. ',0', 'x', ARGV[3], 'a', ARGV[1])
redis.call('PEXPIRE', key, ARGV[4])
return redis.call('HGETALL', key)`

/** KEYS: session. ARGV: hash. Ends the session with a token that was not replaced; returns its record to the one caller that did. */
export const REVOKE_BY_REFRESH_TOKEN = `
local token = redis.call('HGET', KEYS[1], 't:' .. ARGV[1])
if not token or token:sub(-2) ~= ',0' then return {} end
local record = redis.call('HGET', KEYS[1], 's')
redis.call('DEL', KEYS[1])
return {record, '1'}`

/** KEYS: session. ARGV: now. Returns its record to the one caller that ended it, and '1' if it was live. */
export const REVOKE_SESSION = `
local record, expiresAt = unpack(redis.call('HMGET', KEYS[1], 's', 'x'))
if redis.call('DEL', KEYS[1]) == 0 then return {} end
return {record, tonumber(expiresAt) > tonumber(ARGV[1]) and '1' or '0'}`

/** KEYS: a new user. ARGV: user as text, '1' to make it active. Leaves an existing one as it is, but for its status. */
export const WRITE_USER = `
redis.call('HSETNX', KEYS[1], 'j', ARGV[1])
redis.call('PERSIST', KEYS[1])
if ARGV[2] == '1' then redis.call('HSET', KEYS[1], 's', 'active') end
return 1`

/** KEYS: user. Returns 1 when it is there, and active from now on. */
export const ACTIVATE_USER = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('PERSIST', KEYS[1])
redis.call('HSET', KEYS[1], 's', 'active')
return 1`

/**
 * KEYS: user, the keys of its credentials. ARGV: user as text or '' where it must be there, credential key, '1' to make it active,
 * how the keys begin of which it may have no other, or ''. Readies the user for one more credential. Returns what \`WITHDRAW_OWNER\`
 * needs to undo it: '1' when the user is new, how long it had to live or '', '1' when it was made active. Nothing when it is gone or
 * has such another.
 */
export const PREPARE_OWNER = `
if ARGV[4] ~= '' then
  for _, key in ipairs(redis.call('SMEMBERS', KEYS[2])) do
    if key ~= ARGV[2] and key:sub(1, #ARGV[4]) == ARGV[4] then return {} end
  end
end
if ARGV[1] == '' and redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local created, life, activated = 0, '', ''
if ARGV[1] ~= '' then created = redis.call('HSETNX', KEYS[1], 'j', ARGV[1]) end
if created == 0 then
  local ttl = redis.call('PTTL', KEYS[1])
  if ttl > 0 then life = string.format('%.0f', ttl) end
  redis.call('PERSIST', KEYS[1])
end
if ARGV[3] == '1' and redis.call('HGET', KEYS[1], 's') ~= 'active' then
  redis.call('HSET', KEYS[1], 's', 'active')
  activated = '1'
end
redis.call('SADD', KEYS[2], ARGV[2])
return {created == 1 and '1' or '', life, activated}`

/**
 * KEYS: user, its credentials' keys. ARGV: credential key, then what \`PREPARE_OWNER\` said. Returns 1 when the user is still active or
 * has other credentials.
 */
export const WITHDRAW_OWNER = `
redis.call('SREM', KEYS[2], ARGV[1])
local isAlone = redis.call('SCARD', KEYS[2]) == 0
if ARGV[2] == '1' and isAlone then
  redis.call('DEL', KEYS[1])
  return 0
end
if ARGV[2] ~= '1' and ARGV[4] == '1' then redis.call('HSET', KEYS[1], 's', 'pending') end
if ARGV[3] ~= '' and isAlone then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if redis.call('HGET', KEYS[1], 's') == 'active' then return 1 end
return not isAlone and redis.call('EXISTS', KEYS[1]) or 0`

/** KEYS: user, its credentials' keys. ARGV: credential key. Lists the credential. Returns the user's status, or nothing when it is gone. */
export const LIST_CREDENTIAL = `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
redis.call('SADD', KEYS[2], ARGV[1])
return redis.call('HGET', KEYS[1], 's') or 'pending'`

/** KEYS: user, its credentials' keys. ARGV: the keys that were released. Returns -1 when there are others, else whether it was there. */
export const DELETE_USER = `
for i = 1, #ARGV, 1000 do redis.call('SREM', KEYS[2], unpack(ARGV, i, math.min(i + 999, #ARGV))) end
if redis.call('SCARD', KEYS[2]) > 0 then return -1 end
return redis.call('DEL', KEYS[1])`

/** KEYS: user. ARGV: expected, changed. Returns 1 when it was as expected. */
export const UPDATE_USER = `
if redis.call('HGET', KEYS[1], 'j') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'j', ARGV[2])
return 1`

/**
 * KEYS: user. ARGV: user as text, ttl. Keeps a pending user at least this long; leaves one that is kept for good alone.
 * Returns 1 when it is new.
 */
export const WRITE_PENDING_USER = `
local created = redis.call('HSETNX', KEYS[1], 'j', ARGV[1])
local ttl = redis.call('PTTL', KEYS[1])
if created == 1 or (ttl >= 0 and ttl < tonumber(ARGV[2])) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return created`

/** KEYS: user. ARGV: ttl. Keeps a pending user at least this long. Returns 1 when there is one. */
export const KEEP_PENDING_USER = `
local ttl = redis.call('PTTL', KEYS[1])
if ttl == -2 then return 0 end
if ttl >= 0 and ttl < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1`

/** KEYS: user. Forgets a pending user that nothing keeps for good. */
export const FORGET_PENDING_USER = `
if redis.call('PTTL', KEYS[1]) >= 0 then redis.call('DEL', KEYS[1]) end
return 1`

/**
 * KEYS: credential, reservation. ARGV: user id, credential, verified at or '', access or '', sign count or ''.
 * Returns the fields of an earlier owner's.
 */
export const CLAIM_CREDENTIAL = `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HGETALL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'u', ARGV[1], 'c', ARGV[2], 'v', ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'a', ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'n', ARGV[5]) end
redis.call('DEL', KEYS[2])
return {}`

/** KEYS: credential. ARGV: user id. Returns its record when it was that user's. */
export const RELEASE_CREDENTIAL = `
local user, record = unpack(redis.call('HMGET', KEYS[1], 'u', 'c'))
if user ~= ARGV[1] then return {} end
redis.call('DEL', KEYS[1])
return {record}`

/** KEYS: credential. ARGV: user id, verified at. Returns 1 when it is that user's and was not verified before. */
export const VERIFY_CREDENTIAL = `
local user, verifiedAt = unpack(redis.call('HMGET', KEYS[1], 'u', 'v'))
if user ~= ARGV[1] or verifiedAt ~= '' then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2])
return 1`

/**
 * KEYS: credential. ARGV: id, sign count. Returns 1 when it is this passkey and its counter has grown, or both are 0
 * (WebAuthn §6.1.1).
 */
export const USE_PASSKEY = `
local record, held = unpack(redis.call('HMGET', KEYS[1], 'c', 'n'))
if not record or not held or cjson.decode(record).i ~= ARGV[1] then return 0 end
local before, after = tonumber(held), tonumber(ARGV[2])
if before == 0 and after == 0 then return 1 end
if after <= before then return 0 end
redis.call('HSET', KEYS[1], 'n', ARGV[2])
return 1`

/** KEYS: credential. ARGV: access. Returns 1 when there is one. */
export const SET_ACCESS = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'a', ARGV[1])
return 1`

/**
 * KEYS: reservation = '<ends at>,<user id>'. ARGV: user id, ttl, now, ends at.
 * Returns the user id of the earlier live one, or this. Either is kept this long at least: what was promised for longer stays so.
 */
export const RESERVE = `
local user, ends, ttl, held = ARGV[1], ARGV[4], ARGV[2], redis.call('GET', KEYS[1])
if held then
  local comma = held:find(',', 1, true)
  local heldUntil = held:sub(1, comma - 1)
  if tonumber(heldUntil) > tonumber(ARGV[3]) then user = held:sub(comma + 1) end
  if tonumber(heldUntil) > tonumber(ends) then ends, ttl = heldUntil, redis.call('PTTL', KEYS[1]) end
end
redis.call('SET', KEYS[1], ends .. ',' .. user, 'PX', ttl)
return user`

/** KEYS: reservation. ARGV: user id. Returns 1 when it named this user. */
export const END_RESERVATION = `
local held = redis.call('GET', KEYS[1])
if not held or held:sub(held:find(',', 1, true) + 1) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`
