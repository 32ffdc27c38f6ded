import { array, bulk, failure, integer, OK, type Reply } from '../resp.ts'
import type { Scripts } from './scripts.ts'
import { arg, type CommandSpec, type Context, parseInteger, word, wrongArity } from './spec.ts'

export type CallFromScript = (words: readonly Buffer[], context: Context, readOnly: boolean) => Reply

const NO_SCRIPT = failure('NOSCRIPT No matching script. Please use EVAL.')

/** EVAL and its kin. `call` runs one command for a script, with the errors that Redis gives inside scripts. */
export const scriptCommands = (scripts: Scripts, call: CallFromScript): Readonly<Record<string, CommandSpec>> => {
  const evaluate = (byDigest: boolean, readOnly: boolean): CommandSpec => ({
    arity: -3,
    writes: !readOnly,
    run: (args, context) => {
      const count = parseInteger(args[1])
      if (count > BigInt(args.length - 2)) return failure("ERR Number of keys can't be greater than number of args")
      if (count < 0n) return failure("ERR Number of keys can't be negative")
      const script = arg(args, 0)
      if (byDigest && !scripts.has(word(script))) return NO_SCRIPT
      const loaded = byDigest ? { sha: word(script) } : scripts.load(script)
      if ('error' in loaded) return loaded.error
      const split = 2 + Number(count)
      return scripts.run(loaded.sha, args.slice(2, split), args.slice(split), (words, noWrites) =>
        call(words, context, readOnly || noWrites),
      )
    },
  })

  return {
    eval: evaluate(false, false),
    evalsha: evaluate(true, false),
    eval_ro: evaluate(false, true),
    evalsha_ro: evaluate(true, true),
    script: {
      arity: -2,
      writes: false,
      run: (args) => {
        const subcommand = word(args[0])
        if (subcommand === 'load') {
          if (args.length !== 2) return wrongArity('script|load')
          const loaded = scripts.load(arg(args, 1))
          return 'error' in loaded ? loaded.error : bulk(loaded.sha)
        }
        if (subcommand === 'exists') {
          if (args.length < 2) return wrongArity('script|exists')
          return array(args.slice(1).map((sha) => integer(scripts.has(word(sha)) ? 1 : 0)))
        }
        if (subcommand === 'flush') {
          scripts.clear()
          return OK
        }
        return failure(`ERR unknown subcommand '${args[0]}'. Try SCRIPT HELP.`)
      },
    },
  }
}
