/*
 * The outbox's steps. All keys share the hash tag {outbox}: the queue is a sorted set of ids by when they are due (for a
 * claimed mail: when its lease ends), each mail a hash: 's' sealed, 'x' expires at, 'n' attempts. Times are milliseconds.
 */

/**
 * KEYS: queue, mail, allowance.
 * ARGV: id, sealed, expires at, mail's ttl, now, limit, window's end if it begins now, window, capacity, queue's ttl.
 */
export const ENQUEUE_MAIL = `
if redis.call('EXISTS', KEYS[2]) == 1 then return 'queued' end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[9]) then return 'full' end
local used, ends = unpack(redis.call('HMGET', KEYS[3], 'n', 'x'))
if ends and tonumber(ends) > tonumber(ARGV[5]) then
  if tonumber(used) >= tonumber(ARGV[6]) then return 'flooded' end
  redis.call('HINCRBY', KEYS[3], 'n', 1)
else
  if tonumber(ARGV[6]) < 1 then return 'flooded' end
  redis.call('HSET', KEYS[3], 'n', 1, 'x', ARGV[7])
  redis.call('PEXPIRE', KEYS[3], ARGV[8])
end
redis.call('HSET', KEYS[2], 's', ARGV[2], 'x', ARGV[3], 'n', 0)
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[5], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[10]) then redis.call('PEXPIRE', KEYS[1], ARGV[10]) end
return 'queued'`

/**
 * KEYS: queue, and what the name of a mail's key begins with; the keys so named have the same hash tag.
 * ARGV: now, lease's end, the least ttl a claimed mail has, most expired mails to remove.
 * Returns how many expired mails were removed, then id, sealed, expiry and attempt of the claimed one.
 */
export const CLAIM_MAIL = `
local expired = 0
while expired < tonumber(ARGV[4]) do
  local id = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 1)[1]
  if not id then break end
  local mail = KEYS[2] .. id
  local sealed, ends = unpack(redis.call('HMGET', mail, 's', 'x'))
  if sealed and tonumber(ends) > tonumber(ARGV[1]) then
    redis.call('ZADD', KEYS[1], ARGV[2], id)
    if redis.call('PTTL', mail) < tonumber(ARGV[3]) then redis.call('PEXPIRE', mail, ARGV[3]) end
    return {tostring(expired), id, sealed, ends, tostring(redis.call('HINCRBY', mail, 'n', 1))}
  end
  redis.call('ZREM', KEYS[1], id)
  redis.call('DEL', mail)
  expired = expired + 1
end
return {tostring(expired)}`

/** KEYS: queue, mail. ARGV: id. Returns 1 for the one caller that removed it. */
export const COMPLETE_MAIL = `
redis.call('DEL', KEYS[2])
return redis.call('ZREM', KEYS[1], ARGV[1])`

/** KEYS: queue, mail. ARGV: id, attempt, due at. Returns 1 when the claim was this one. Due at its expiry at the latest. */
export const POSTPONE_MAIL = `
local attempt, ends = unpack(redis.call('HMGET', KEYS[2], 'n', 'x'))
if attempt ~= ARGV[2] then return 0 end
local due = tonumber(ARGV[3]) < tonumber(ends) and ARGV[3] or ends
redis.call('ZADD', KEYS[1], 'XX', due, ARGV[1])
return 1`
