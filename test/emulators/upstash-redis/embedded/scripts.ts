import { createHash } from 'node:crypto'
import { LuaFactory } from 'wasmoon'
import { array, bulk, type Command, failure, type Reply } from '../resp.ts'
import { PRELUDE } from './prelude.ts'
import { escapeBytes, fromLua, jsonToLua, toLua, unescapeBytes } from './script-values.ts'

export interface Scripts {
  /** SHA-1 of the text, or the error for a text that does not compile. */
  load(script: Buffer): { readonly sha: string } | { readonly error: Reply }
  has(sha: string): boolean
  run(sha: string, keys: Command, args: Command, call: (command: Command, readOnly: boolean) => Reply): Reply
  clear(): void
  close(): void
}

const FLAGS = new Set(['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'])
/** Splits off `#!lua flags=…`. The line stays, empty, so that errors name the same line as in Redis. */
const readShebang = (
  text: string,
): { readonly body: string; readonly readOnly: boolean } | { readonly error: Reply } => {
  if (!text.startsWith('#!')) return { body: text, readOnly: false }
  const end = text.indexOf('\n')
  if (end < 0) return { error: failure('ERR Invalid script shebang') }
  const [engine, ...parts] = text.slice(0, end).trim().split(/\s+/)
  if (engine !== '#!lua') return { error: failure(`ERR Unexpected engine in script shebang: ${engine}`) }
  const flags = parts.flatMap((part) => part.replace(/^flags=/, '').split(',')).filter((flag) => flag !== '')
  const unknown = flags.find((flag) => !FLAGS.has(flag))
  if (unknown) return { error: failure(`ERR Unexpected flag in script shebang: ${unknown}`) }
  return { body: text.slice(end), readOnly: flags.includes('no-writes') }
}

/** One Lua machine for the engine. A script runs to its end before anything else does: JavaScript waits for it. */
export const createScripts = async (scriptMsMax: number): Promise<Scripts> => {
  const lua = await new LuaFactory().createEngine({
    openStandardLibs: true,
    injectObjects: false,
    enableProxy: false,
    functionTimeout: scriptMsMax,
  })
  const known = new Map<string, { readonly readOnly: boolean }>()
  let callNow: (command: Command) => Reply = () => failure('ERR no script is running')
  const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')

  lua.global.set('host_call', (text: string) => {
    const words = fromLua(text)
    return toLua(callNow(words.type === 'array' ? words.items.flatMap((w) => (w.type === 'bulk' ? w.bytes : [])) : []))
  })
  lua.global.set('host_sha1', (text: string) => sha1(unescapeBytes(text)))
  lua.global.set('host_json', jsonToLua)
  lua.doStringSync(PRELUDE)
  const compile = lua.global.get('compile_script') as (sha: string, text: string) => string
  const runScript = lua.global.get('run_script') as (sha: string, keys: string, args: string) => string
  const forget = lua.global.get('forget_scripts') as () => void

  return {
    load: (script) => {
      const sha = sha1(script)
      if (known.has(sha)) return { sha }
      const shebang = readShebang(script.toString('latin1'))
      if ('error' in shebang) return shebang
      const problem = compile(sha, escapeBytes(Buffer.from(shebang.body, 'latin1')))
      if (problem !== '') {
        return { error: failure(`ERR Error compiling script (new function): ${unescapeBytes(problem)}`) }
      }
      known.set(sha, { readOnly: shebang.readOnly })
      return { sha }
    },
    has: (sha) => known.has(sha),
    run: (sha, keys, args, call) => {
      const readOnly = known.get(sha)?.readOnly ?? false
      callNow = (command) => call(command, readOnly)
      return fromLua(runScript(sha, toLua(array(keys.map(bulk))), toLua(array(args.map(bulk)))))
    },
    clear: () => {
      known.clear()
      forget()
    },
    close: () => lua.global.close(),
  }
}
