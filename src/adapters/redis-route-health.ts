import { createRedisClient, type RedisAccess } from './redis-client.ts'

/** All isolates' sums, a field for each. A token that may touch no other key is enough. */
export const ROUTE_HEALTH_KEY = 'lango:route:health'
/** So long after it was last published an isolate's sum is heard; what it says weighs little by then. */
export const HEARD_MS = 3_600_000
/** The newest of so many isolates are kept, one's own among them. */
export const ISOLATES_MAX = 32
export const SUM_BYTES_MAX = 64 * 1024

const TIMEOUT_MS = 1_500
/** When it was published stands before a sum, in ms, as digits. */
const TIME_LENGTH = 15
/** What is left of it for the sum itself. */
export const OWN_BYTES_MAX = SUM_BYTES_MAX - TIME_LENGTH

/**
 * KEYS: all sums. ARGV: the isolate's id, the time in ms as digits, its sum or nothing, how old a sum may be in ms, how many are
 * kept, and how long one may be. Answers the sums of the others, newest first. Drops what is too old, too long or too many, whoever wrote it.
 */
const EXCHANGE = `#!lua flags=allow-key-locking
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ARGV[3]) end
local fields = redis.call('HGETALL', KEYS[1])
local kept = {}
for i = 1, #fields, 2 do
  local value = fields[i + 1]
  local atMs = tonumber(string.sub(value, 1, ${TIME_LENGTH}))
  if atMs and atMs > tonumber(ARGV[2]) - tonumber(ARGV[4]) and string.len(value) <= tonumber(ARGV[6]) then
    kept[#kept + 1] = {atMs, fields[i], value}
  else
    redis.call('HDEL', KEYS[1], fields[i])
  end
end
table.sort(kept, function(a, b) return a[1] > b[1] end)
local others = {}
for i, sum in ipairs(kept) do
  if i > tonumber(ARGV[5]) then redis.call('HDEL', KEYS[1], sum[2])
  elseif sum[2] ~= ARGV[1] then others[#others + 1] = string.sub(sum[3], ${TIME_LENGTH + 1}) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return others`

/**
 * Publishes an isolate's sum, if it has one, and answers with those of the others: text that anybody may have written. A sum longer than
 * `OWN_BYTES_MAX` is not published: whoever has it makes it shorter. Rejects when Redis does not answer.
 */
export type ExchangeRouteHealth = (isolate: string, own: string, nowMs: number) => Promise<readonly string[]>

/** One command, one round trip. */
export const createRedisRouteHealth = (access: RedisAccess, timeoutMs = TIMEOUT_MS): ExchangeRouteHealth => {
  const redis = createRedisClient(access, timeoutMs)
  return async (isolate, own, nowMs) => {
    // Rather nothing than the half of it.
    const sum = own.length > OWN_BYTES_MAX ? '' : own
    const limits = [HEARD_MS, ISOLATES_MAX, SUM_BYTES_MAX].map(String)
    const at = String(nowMs).padStart(TIME_LENGTH, '0')
    const others: unknown = await redis.eval(EXCHANGE, [ROUTE_HEALTH_KEY], [isolate, at, sum, ...limits])
    return Array.isArray(others) ? others.filter((other) => typeof other === 'string') : []
  }
}
