/**
 * Scripts, because each must be one step on the leader: a GET may be answered by a replica that has not heard yet.
 * `allow-key-locking` is Upstash's: without it a script locks the whole database (every key is in KEYS, as it demands).
 */
const SHEBANG = '#!lua flags=allow-key-locking\n'

/** What a snapshot's JSON begins with when its payment failed: the next request for it is a new try, which counts. */
export const FAILED_MARK = '{"failed":true,'
/** A snapshot's version stands before its JSON, as digits: what orders two snapshots of one payment. */
export const VERSION_LENGTH = 15

/**
 * KEYS: key record, payment lock, snapshot, and a meter for each limit. ARGV: owner, record (which starts with the owner),
 * record's ttl in ms, lock's ttl in ms, and for each meter what one payment costs and what it holds, in ms.
 * Answers [kind, record, snapshot], or [limited, which meter (from 1), ms to wait]. Run twice by one owner it answers the
 * same: that is how a lost answer is recognised, which `SET NX` alone would report as somebody else's lock.
 *
 * A meter is a leaky bucket whose level is its key's own time to live. Redis' clock alone drains it, so that no isolate's
 * clock can be wrong (T58), and an idle one leaves nothing behind.
 *
 * Who joins a payment that looks open costs nothing yet, for only the object knows whether it is (KEEP charges it, if it was
 * not). Until then it is refused only where a meter is overdrawn, which nothing but such a charge does.
 */
export const CLAIM = `${SHEBANG}local record = redis.call('GET', KEYS[1])
local snapshot = redis.call('GET', KEYS[3]) or ''
if record and string.sub(record, 1, string.len(ARGV[1])) ~= ARGV[1] then return {'key', record, snapshot} end
local joins
if snapshot == '' then joins = redis.call('GET', KEYS[2])
else joins = string.sub(snapshot, ${VERSION_LENGTH + 1}, ${VERSION_LENGTH + FAILED_MARK.length}) ~= '${FAILED_MARK}' end
local kind = joins and 'joined' or 'payment'
if record then
  if redis.call('GET', KEYS[2]) == ARGV[1] then return {'mine', '', ''} end
  return {kind, '', snapshot}
end
local levels = {}
for i = 4, #KEYS do
  local level = math.max(redis.call('PTTL', KEYS[i]), 0) + (joins and 0 or tonumber(ARGV[2 * i - 3]))
  local over = level - tonumber(ARGV[2 * i - 2])
  if over > 0 then return {'limited', i - 3, over} end
  levels[i] = level
end
if not joins then
  for i = 4, #KEYS do redis.call('SET', KEYS[i], '1', 'PX', string.format('%d', levels[i])) end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if snapshot == '' and redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[4]) then return {'first', '', ''} end
return {kind, '', snapshot}`

/** KEYS: key record, payment lock. ARGV: owner. Deletes what is the owner's. */
export const RELEASE = `${SHEBANG}local record = redis.call('GET', KEYS[1])
if record and string.sub(record, 1, string.len(ARGV[1])) == ARGV[1] then redis.call('DEL', KEYS[1]) end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1`

/**
 * KEYS: snapshot, and perhaps key record, and then perhaps meters. ARGV: version, snapshot, ttl in ms, and with a key
 * record: its value, its ttl in ms, and for each meter what it is charged, in ms. Two isolates may write in either order:
 * the newer snapshot stays.
 */
export const KEEP = `${SHEBANG}if KEYS[2] then redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5]) end
for i = 3, #KEYS do
  local level = math.max(redis.call('PTTL', KEYS[i]), 0) + tonumber(ARGV[i + 3])
  redis.call('SET', KEYS[i], '1', 'PX', string.format('%d', level))
end
local kept = redis.call('GET', KEYS[1])
if kept and string.sub(kept, 1, ${VERSION_LENGTH}) > ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
return 1`

/** KEYS: snapshot. */
export const READ = `${SHEBANG}return redis.call('GET', KEYS[1])`
