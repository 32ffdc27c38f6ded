import type { VirtualClock } from '../../kit/clock.ts'
import type { Backend } from '../backend.ts'
import { array, type Command, failure, nameOf, type Reply } from '../resp.ts'
import { EXPIRY_COMMANDS } from './expiry-commands.ts'
import { HASH_COMMANDS } from './hash-commands.ts'
import { Keyspace, type Value } from './keyspace.ts'
import { type CallFromScript, scriptCommands } from './script-commands.ts'
import { createScripts } from './scripts.ts'
import { SERVER_COMMANDS } from './server-commands.ts'
import { type CommandSpec, type Context, Refused, wrongArity } from './spec.ts'
import { STRING_COMMANDS } from './string-commands.ts'

const EXECABORT = failure('EXECABORT Transaction discarded because of previous errors.')
const arityMatches = ({ arity }: CommandSpec, count: number): boolean => (arity < 0 ? count >= -arity : count === arity)

/** Redis prints names and arguments as C strings, on one line. */
const printed = (part: Buffer): string => (part.toString().split('\0')[0] ?? '').replace(/[\r\n]/g, ' ').slice(0, 128)

const unknownCommand = ([name, ...args]: Command): Reply => {
  const beginnings = args.map((part) => `'${printed(part)}' `).join('')
  return failure(`ERR unknown command '${printed(name ?? Buffer.alloc(0))}', with args beginning with: ${beginnings}`)
}

/**
 * The Redis commands that Lango needs, in this process: for machines without a redis-server, and where tests move the
 * clock. Checked against redis-server reply by reply (differential.test.ts). A command it does not have is an error.
 */
export const createEmbedded = async (clock: VirtualClock, scriptMsMax = 5_000): Promise<Backend> => {
  const keyspace = new Keyspace()
  const scripts = await createScripts(scriptMsMax)

  const guarded = (spec: CommandSpec, words: Command, context: Context): Reply => {
    try {
      return spec.run(words.slice(1), context)
    } catch (error) {
      if (error instanceof Refused) return error.reply
      throw error
    }
  }

  const callFromScript: CallFromScript = (words, context, readOnly) => {
    const spec = find(nameOf(words))
    if (!spec) return failure('ERR Unknown Redis command called from script')
    if (!arityMatches(spec, words.length)) return failure('ERR Wrong number of args calling Redis command from script')
    if (/^(eval|evalsha|eval_ro|evalsha_ro|script)$/.test(nameOf(words))) {
      return failure('ERR This Redis command is not allowed from script')
    }
    if (readOnly && spec.writes) return failure('ERR Write commands are not allowed from read-only scripts.')
    return guarded(spec, words, context)
  }

  const table: Readonly<Record<string, CommandSpec>> = {
    ...STRING_COMMANDS,
    ...EXPIRY_COMMANDS,
    ...HASH_COMMANDS,
    ...SERVER_COMMANDS,
    ...scriptCommands(scripts, callFromScript),
  }

  const find = (name: string): CommandSpec | undefined => (Object.hasOwn(table, name) ? table[name] : undefined)

  const check = (words: Command): CommandSpec | Reply => {
    const name = nameOf(words)
    const spec = find(name)
    if (!spec) return unknownCommand(words)
    return arityMatches(spec, words.length) ? spec : wrongArity(name)
  }

  const execute = (words: Command): Reply => {
    const spec = check(words)
    return 'run' in spec ? guarded(spec, words, { keyspace, nowMs: clock.nowMs() }) : spec
  }

  return {
    name: 'embedded engine',
    run: async (words) => execute(words),
    transaction: async (commands) => {
      if (commands.some((words) => !('run' in check(words)))) return EXECABORT
      return array(commands.map(execute))
    },
    keysOf: async () => [],
    image: async (keys) => {
      const nowMs = clock.nowMs()
      return (keys === 'all' ? keyspace.keys(nowMs) : keys).map((key) => {
        const entry = keyspace.get(key, nowMs)
        return { key, saved: entry ? { content: entry.value, expiresAtMs: entry.expiresAtMs } : null }
      })
    },
    restore: async (images) => {
      for (const { key, saved } of images) {
        if (saved) keyspace.set(key, saved.content as Value, saved.expiresAtMs)
        else keyspace.delete(key, clock.nowMs())
      }
    },
    advance: (byMs) => clock.advance(byMs),
    close: async () => scripts.close(),
  }
}
