/**
 * Scripts, because each must be one step on the leader: a GET may be answered by a replica that has not heard yet.
 * `allow-key-locking` is Upstash's: without it a script locks the whole database (every key is in KEYS, as it demands).
 */
const SHEBANG = '#!lua flags=allow-key-locking\n'

/**
 * KEYS: key record, payment lock, snapshot. ARGV: owner, record (which starts with the owner), record's ttl in ms, lock's ttl in ms.
 * Answers [kind, record, snapshot]. Run twice by one owner it answers the same: that is how a lost answer is recognised,
 * which `SET NX` alone would report as somebody else's lock.
 */
export const CLAIM = `${SHEBANG}local record = redis.call('GET', KEYS[1])
local snapshot = redis.call('GET', KEYS[3]) or ''
if record then
  if string.sub(record, 1, string.len(ARGV[1])) ~= ARGV[1] then return {'key', record, snapshot} end
  if redis.call('GET', KEYS[2]) == ARGV[1] then return {'mine', '', ''} end
  return {'payment', '', snapshot}
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if snapshot ~= '' then return {'payment', '', snapshot} end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[4]) then return {'first', '', ''} end
return {'payment', '', ''}`

/** KEYS: key record, payment lock. ARGV: owner. Deletes what is the owner's. */
export const RELEASE = `${SHEBANG}local record = redis.call('GET', KEYS[1])
if record and string.sub(record, 1, string.len(ARGV[1])) == ARGV[1] then redis.call('DEL', KEYS[1]) end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1`

/**
 * KEYS: snapshot, and perhaps key record. ARGV: version (15 digits), snapshot, ttl in ms, and with a key record: its value,
 * its ttl in ms. Two isolates may write in either order: the newer snapshot stays.
 */
export const KEEP = `${SHEBANG}if KEYS[2] then redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5]) end
local kept = redis.call('GET', KEYS[1])
if kept and string.sub(kept, 1, 15) > ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
return 1`

/** KEYS: snapshot. */
export const READ = `${SHEBANG}return redis.call('GET', KEYS[1])`
