import { type Command, nameOf } from './resp.ts'

/**
 * Commands that a stateless HTTP request cannot carry: they change or block the shared connection, or the server itself.
 * Upstash serves some over TCP only (upstash.com/docs/redis/features/restapi, "Redis API compatibility").
 */
const REFUSED = new Set(
  `watch unwatch multi exec discard subscribe unsubscribe psubscribe punsubscribe ssubscribe sunsubscribe monitor
   blpop brpop brpoplpush blmove blmpop bzpopmin bzpopmax bzmpop
   auth hello select client quit reset asking readonly readwrite
   config debug shutdown replicaof slaveof sync psync replconf failover cluster module acl save bgsave bgrewriteaof
   swapdb migrate latency slowlog`.split(/\s+/),
)

/** The error text for a command that is never passed on, or undefined. */
export const refusal = (command: Command): string | undefined => {
  const name = nameOf(command)
  const blocks = (name === 'xread' || name === 'xreadgroup') && command.some((part) => /^block$/i.test(part.toString()))
  if (!REFUSED.has(name) && !blocks) return undefined
  return `ERR Command is not available over REST: '${name.toUpperCase()}'`
}

const READS = new Set(
  'get mget exists ttl pttl type strlen getrange hget hmget hgetall hexists hlen hkeys hvals lrange smembers zrange eval_ro evalsha_ro'.split(
    ' ',
  ),
)
const KEYLESS = new Set('ping echo time script keys scan dbsize info command wait lolwut publish'.split(' '))
const EVERY_KEY = new Set(['flushdb', 'flushall'])
const LIST_OF_KEYS = new Set('mget del unlink exists touch'.split(' '))
const FIRST_KEY = new Set(
  `get set setnx setex psetex getset getdel getex strlen getrange append type
   expire pexpire expireat pexpireat persist ttl pttl incr incrby incrbyfloat decr decrby
   hset hget hmget hgetall hdel hexists hlen hkeys hvals hsetnx hincrby
   lpush rpush lpop rpop lrange sadd srem smembers zadd zrem zrange`.split(/\s+/),
)
const SCRIPTS = new Set('eval evalsha eval_ro evalsha_ro fcall fcall_ro'.split(' '))

export interface Access {
  /** `read` may be answered by a replica; a script may not: Upstash sends EVAL to the leader. */
  readonly kind: 'read' | 'write' | 'none'
  readonly keys: readonly Buffer[] | 'all' | 'ask'
}

/** Which keys a command touches, and how. `ask`: not in this table, the backend must say. */
export const accessOf = (command: Command): Access => {
  const name = nameOf(command)
  const kind = READS.has(name) ? 'read' : 'write'
  if (KEYLESS.has(name)) return { kind: 'none', keys: [] }
  if (EVERY_KEY.has(name)) return { kind, keys: 'all' }
  if (LIST_OF_KEYS.has(name)) return { kind, keys: command.slice(1) }
  if (FIRST_KEY.has(name)) return { kind, keys: command.slice(1, 2) }
  if (SCRIPTS.has(name)) {
    const count = Number(command[2]?.toString())
    return { kind, keys: Number.isInteger(count) && count > 0 ? command.slice(3, 3 + count) : [] }
  }
  return { kind, keys: 'ask' }
}
