import { array, bulk, failure, integer, OK, simple } from '../resp.ts'
import { badSyntax } from './expiry-commands.ts'
import { arg, type CommandSpec, parseInteger, Refused, word } from './spec.ts'

/** Redis' glob: `*`, `?`, `[abc]`, `[^a]`, `[a-z]`, backslash to quote. Over latin1, so it matches bytes. */
const globToRegExp = (glob: string): RegExp => {
  const source = glob.replace(
    /\\(.)|\[(\^?)((?:\\.|[^\]])*)\]|([*?])|([^\w])/gs,
    (_all, quoted, not, set, wild, other) => {
      if (quoted !== undefined) return quoted.replace(/[^\w]/g, '\\$&')
      if (set !== undefined) return `[${not}${set.replace(/[[\]^]/g, '\\$&')}]`
      if (wild !== undefined) return wild === '*' ? '.*' : '.'
      return `\\${other}`
    },
  )
  return new RegExp(`^${source}$`, 's')
}

const matching = (keys: readonly Buffer[], pattern: Buffer): Buffer[] => {
  const expression = globToRegExp(pattern.toString('latin1'))
  return keys.filter((key) => expression.test(key.toString('latin1')))
}

const flush: CommandSpec = {
  arity: -1,
  writes: true,
  run: (args, { keyspace }) => {
    if (args.length > 1 || (args[0] && !['sync', 'async'].includes(word(args[0])))) return badSyntax()
    keyspace.clear()
    return OK
  },
}

export const SERVER_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  ping: {
    arity: -1,
    writes: false,
    run: (args) => {
      if (args.length > 1) throw new Refused(failure("ERR wrong number of arguments for 'ping' command"))
      return args[0] ? bulk(args[0]) : simple('PONG')
    },
  },
  echo: { arity: 2, writes: false, run: (args) => bulk(arg(args, 0)) },
  time: {
    arity: 1,
    writes: false,
    run: (_args, { nowMs }) =>
      array([bulk(String(Math.floor(nowMs / 1000))), bulk(String(Math.floor((nowMs % 1000) * 1000)))]),
  },
  type: {
    arity: 2,
    writes: false,
    run: (args, { keyspace, nowMs }) => simple(keyspace.get(arg(args, 0), nowMs)?.value.type ?? 'none'),
  },
  dbsize: { arity: 1, writes: false, run: (_args, { keyspace, nowMs }) => integer(keyspace.keys(nowMs).length) },
  keys: {
    arity: 2,
    writes: false,
    run: (args, { keyspace, nowMs }) => array(matching(keyspace.keys(nowMs), arg(args, 0)).map((key) => bulk(key))),
  },
  scan: {
    arity: -2,
    writes: false,
    // One page holds everything: the cursor that comes back is always 0.
    run: (args, { keyspace, nowMs }) => {
      if (!/^\d+$/.test(arg(args, 0).toString('latin1'))) return failure('ERR invalid cursor')
      let keys = keyspace.keys(nowMs)
      for (let i = 1; i < args.length; i += 2) {
        const option = word(args[i])
        const value = arg(args, i + 1)
        if (option === 'match') keys = matching(keys, value)
        else if (option === 'type') keys = keys.filter((key) => keyspace.get(key, nowMs)?.value.type === word(value))
        else if (option !== 'count' || parseInteger(value) < 1n) return badSyntax()
      }
      return array([bulk('0'), array(keys.map((key) => bulk(key)))])
    },
  },
  flushdb: flush,
  flushall: flush,
}
