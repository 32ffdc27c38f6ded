import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VirtualClock } from '../kit/clock.ts'
import type { Backend } from './backend.ts'
import { openBackend } from './choose-backend.ts'
import { createEmbedded } from './embedded/engine.ts'
import { type Command, command, nameOf, type Reply } from './resp.ts'
import { redisPresent } from './with-redis.ts'

const ACQUIRE = `if redis.call('SET',KEYS[1],ARGV[1],'NX','PX',ARGV[2]) then return 1
  elseif redis.call('GET',KEYS[1])==ARGV[1] then return 2 else return 0 end`
const RELEASE = `if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) else return 0 end`
const RECORD = `local old = redis.call('GET', KEYS[1])
  if old then return {old, redis.call('PTTL', KEYS[1]) > 0, redis.call('HGETALL', KEYS[2])} end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', 900000)
  redis.call('HSET', KEYS[2], 'state', 'claimed', 'attempt', redis.call('INCR', KEYS[3]))
  return redis.status_reply('CLAIMED')`
const SWAP = `local a, b = redis.pcall('GET', KEYS[1]), redis.pcall('GET', KEYS[2])
  if type(a) == 'table' then return a end
  if type(b) == 'table' then return redis.error_reply('MYERR second key') end
  if a and b then redis.call('SET', KEYS[1], b) redis.call('SET', KEYS[2], a) end
  return {a, b, #ARGV}`

const keys = ['a', 'b', 'h', Buffer.from([0, 255, 37, 10])]
const key = fc.constantFrom(...keys)
const value = fc.oneof(
  fc.constantFrom('', '1', '10', '-7', '007', 'token', '9223372036854775807', '1.5', 'æ'),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
)
const field = fc.constantFrom('f', 'g', Buffer.from([1, 128]))
/** Long enough not to run out during a test, or not positive: never a race between two clocks. */
const lifetime = fc.constantFrom('900000', '100000', '0', '-5', 'x', '9223372036854775807')
const expiryFlags = fc.array(fc.constantFrom('NX', 'XX', 'GT', 'LT', 'ZZ'), { maxLength: 2 })
const setOption = fc.oneof(
  fc.constantFrom(['NX'], ['XX'], ['GET'], ['KEEPTTL'], ['nope']),
  fc.tuple(fc.constantFrom('EX', 'px', 'PXAT', 'exat'), lifetime),
)
const evaluate = (script: string, numberOfKeys: number) =>
  fc
    .tuple(fc.array(key, { minLength: numberOfKeys, maxLength: numberOfKeys }), value, lifetime)
    .map(([names, token, ttl]) => command('EVAL', script, numberOfKeys, ...names, token, ttl))

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  fc
    .tuple(key, value, fc.array(setOption, { maxLength: 3 }))
    .map(([name, data, options]) => command('set', name, data, ...options.flat())),
  fc
    .tuple(fc.constantFrom('get', 'incr', 'ttl', 'pttl', 'type', 'hgetall', 'persist', 'Nonsense'), key)
    .map(([name, target]) => command(name, target)),
  fc
    .tuple(fc.constantFrom('del', 'exists', 'mget', 'unlink'), fc.array(key, { maxLength: 3 }))
    .map(([name, targets]) => command(name, ...targets)),
  fc
    .tuple(fc.constantFrom('expire', 'pexpire', 'pexpireat', 'expireat'), key, lifetime, expiryFlags)
    .map(([name, target, ttl, flags]) => command(name, target, ttl, ...flags)),
  fc.tuple(key, value).map(([target, delta]) => command('incrby', target, delta)),
  fc
    .tuple(key, fc.array(fc.oneof(field, value), { maxLength: 4 }))
    .map(([target, pairs]) => command('hset', target, ...pairs)),
  fc.tuple(fc.constantFrom('hget', 'hdel'), key, field).map(([name, target, of]) => command(name, target, of)),
  fc.constantFrom(command('PING'), command('ping', 'x'), command('echo', 'æ'), command('get')),
  fc.constantFrom(command('KEYS', '*'), command('keys', '[a-g]'), command('keys', '?'), command('keys', '\\h')),
  fc.constantFrom(command('flushdb'), command('eval', 'return 1'), command('eval', 'return 1', '2', 'k')),
  evaluate(ACQUIRE, 1),
  evaluate(RELEASE, 1),
  evaluate(RECORD, 3),
  evaluate(SWAP, 2),
)

/**
 * GT and LT compare two moments that the engines counted from clocks of their own: of equal lifetimes the later one is
 * greater on the one whose clock ticked in between. So each such command gets a lifetime that no other command uses.
 */
const withoutTies = (commands: readonly Command[]): Command[] =>
  commands.map((words, i) => {
    const [name, target, ttl, ...flags] = words
    const compares = /^p?expire$/.test(nameOf(words)) && flags.some((flag) => /^[GL]T$/.test(flag.toString()))
    if (!compares || !/^[19]00000$/.test(String(ttl))) return words
    return command(String(name), target ?? '', String(Number(ttl) + 20_000 * (i + 1)), ...flags)
  })

/** Sorted where Redis promises no order; remaining lifetimes rounded, since the two clocks tick apart. */
const comparable = (reply: Reply, of: Command): unknown => {
  switch (reply.type) {
    case 'integer': {
      const isLifetime = /^p?ttl$/.test(nameOf(of)) && reply.value > 0n
      if (!isLifetime) return reply.value
      return Math.round(Number(reply.value) / (nameOf(of) === 'pttl' ? 10_000 : 10))
    }
    case 'bulk':
      return reply.bytes.toString('latin1')
    case 'array': {
      const items = reply.items.map((item) => comparable(item, of))
      return nameOf(of) === 'keys' ? items.toSorted() : items
    }
    case 'error':
      // Lua 5.4 and JSON.parse word their own errors differently, and a tail call has no line number in 5.4.
      return {
        error: reply.message.replace(
          /user_script:\d+: (?=Expected)|(attempt to|Error compiling|Expected).*|:[\d?]+\.$/g,
          '$1',
        ),
      }
    default:
      return reply
  }
}

describe.skipIf(!redisPresent('embedded engine against redis-server'))('embedded engine against redis-server', () => {
  let real: Backend
  let embedded: Backend
  beforeAll(async () => {
    real = await openBackend('redis-server', new VirtualClock(), undefined)
    embedded = await createEmbedded(new VirtualClock())
  })
  afterAll(async () => {
    await real.close()
    await embedded.close()
  })

  const same = async (commands: readonly Command[]): Promise<void> => {
    for (const words of commands) {
      const shown = words.map((word) => word.toString('latin1')).join(' ')
      const [expected, actual] = await Promise.all([real.run(words), embedded.run(words)])
      expect({ shown, reply: comparable(actual, words) }).toEqual({ shown, reply: comparable(expected, words) })
    }
  }

  it('gives the same replies to random commands', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommand, { maxLength: 25 }), async (commands) => {
        await same([command('FLUSHALL'), ...withoutTies(commands)])
      }),
      { numRuns: 300 },
    )
  }, 60_000)

  it('gives the same replies to random transactions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommand, { minLength: 1, maxLength: 6 }), async (drawn) => {
        const commands = withoutTies(drawn)
        await same([command('FLUSHALL')])
        const [expected, actual] = await Promise.all([real.transaction(commands), embedded.transaction(commands)])
        const flatten = (reply: Reply) =>
          reply.type === 'array' ? reply.items.map((item, i) => comparable(item, commands[i] ?? [])) : reply
        expect(flatten(actual)).toEqual(flatten(expected))
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  it.each([
    'return true',
    'return false',
    'return nil',
    'return 3.99',
    'return -3.99',
    'return 2^40',
    'return {1, 2, nil, 4}',
    "return {1, {2, {'x', true, false}}, 3.5, {}}",
    "return {ok='FINE'}",
    "return {err='MINE text'}",
    "return {err='a', ok='b', 1}",
    "return redis.error_reply('FOO bar')",
    "return redis.error_reply('single')",
    "return redis.error_reply('-DASH text')",
    "return redis.status_reply('TICK')",
    "return {err='two\\nlines'}",
    "return redis.pcall('GET')",
    "return redis.call('GET')",
    "return redis.call('NOSUCH', 'a')",
    "return redis.pcall('NOSUCH', 'a').err",
    'return redis.call()',
    "return redis.call('SET', KEYS[1], {})",
    "return redis.call('SET', KEYS[1], 1.5) and redis.call('GET', KEYS[1])",
    "redis.call('SET', KEYS[1], 6/2) return redis.call('GET', KEYS[1])",
    "redis.call('SET', KEYS[1], tonumber('12345678901234567')) return redis.call('GET', KEYS[1])",
    "return redis.call('SET', KEYS[1], ARGV[1], 'NX')",
    "redis.call('HSET', KEYS[1], 'f', 1) return redis.call('INCR', KEYS[1])",
    "redis.call('HSET', KEYS[1], 'f', 1) return redis.pcall('INCR', KEYS[1])",
    "\n\nredis.call('HSET', KEYS[1], 'f', 1)\nreturn redis.call('INCR', KEYS[1])",
    "error('plain')",
    "error({err='TABLE text'})",
    "local ok, e = pcall(redis.call, 'INCR') return {tostring(ok), e.err}",
    'undefinedname = 1',
    'return undefinedname',
    "return redis.call('EVAL', 'return 1', 0)",
    "return #redis.call('TIME')",
    "return redis.call('PING')",
    "return redis.call('TYPE', KEYS[1]).ok",
    "return {redis.call('EXISTS', KEYS[1]), redis.call('GET', KEYS[1]) == false}",
    'return {KEYS[1], ARGV[1], #KEYS, #ARGV, #ARGV[1]}',
    'return ARGV[1]',
    'return redis.sha1hex(ARGV[1])',
    "return tostring(1/3) .. '|' .. tostring(10/2) .. '|' .. tostring(123456789012345678)",
    'return {unpack({1,2,3})}',
    'return cjson.encode({1, \'a/b\\n"q"\', true, cjson.null, 1.5, {}})',
    "return cjson.encode({amount='1500'})",
    'return cjson.decode(\'{"a":[1,2.5,"x\\\\u00e9",true,null]}\').a',
    'return tostring(cjson.decode(\'{"a":null}\').a == cjson.null)',
    "return cjson.decode('{')",
    'return (',
    '#!lua\nreturn 7',
    "#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], 1)",
    '#!lua flags=bogus\nreturn 7',
    '#!python\nreturn 7',
  ])('EVAL %s', async (script) => {
    await same([command('FLUSHALL'), command('EVAL', script, 1, 'k', Buffer.from([0, 200, 37, 13, 10, 97]))])
  })

  it('counts and scans keys alike', async () => {
    await same([
      command('FLUSHALL'),
      command('SET', 'a', '1'),
      command('HSET', 'b', 'f', '1'),
      command('DBSIZE'),
      command('SCAN', '0', 'MATCH', 'a*', 'COUNT', '100'),
      command('SCAN', '0', 'TYPE', 'hash'),
      command('SCAN', 'x'),
      command('SCAN', '0', 'COUNT', '0'),
    ])
  })

  it('loads, finds and forgets scripts alike', async () => {
    const sha = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db'
    await same([
      command('EVALSHA', sha, 0),
      command('SCRIPT', 'LOAD', 'return 1'),
      command('SCRIPT', 'LOAD', 'return 0+'),
      command('script', 'exists', sha, 'nope'),
      command('EVALSHA', sha, 0),
      command('EVALSHA', sha.toUpperCase(), 0),
      command('EVALSHA', sha, -1),
      command('SCRIPT', 'FLUSH'),
      command('EVALSHA', sha, 0),
      command('SCRIPT', 'WHAT'),
      command('EVAL_RO', "return redis.call('DEL', 'a')", 0),
    ])
  })
})
