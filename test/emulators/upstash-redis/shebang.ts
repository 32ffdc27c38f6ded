import { createHash } from 'node:crypto'
import { type Command, command, nameOf, type Reply } from './resp.ts'

const sha1 = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex')

/** `allow-key-locking` is Upstash's own flag (no global lock when all keys are declared); redis-server refuses to load it. */
const strip = (script: Buffer): Buffer => {
  const text = script.toString('latin1')
  const shebang = /^#!lua[^\n]*/.exec(text)?.[0]
  if (!shebang?.includes('allow-key-locking')) return script
  const flags = (/flags=(\S*)/.exec(shebang)?.[1] ?? '')
    .split(',')
    .filter((flag) => flag && flag !== 'allow-key-locking')
  const line = flags.length > 0 ? `#!lua flags=${flags.join(',')}` : ''
  return Buffer.from(line + text.slice(shebang.length), 'latin1')
}

/**
 * Rewrites scripts that carry the flag, and translates their SHA-1, so that a client which computes the digest of its own
 * text still finds its script.
 */
export const shebangFilter = () => {
  const digests = new Map<string, string>()
  const learn = (script: Buffer): Buffer => {
    const stripped = strip(script)
    if (stripped !== script) digests.set(sha1(script), sha1(stripped))
    return stripped
  }
  return (original: Command): { readonly command: Command; readonly answer: (reply: Reply) => Reply } => {
    const name = nameOf(original)
    const [first, second, third, ...rest] = original as [Buffer, Buffer?, Buffer?, ...Buffer[]]
    const as = (...parts: Buffer[]) => ({ command: command(...parts), answer: (reply: Reply) => reply })
    if ((name === 'eval' || name === 'eval_ro') && second) {
      return as(first, learn(second), ...(third ? [third] : []), ...rest)
    }
    if ((name === 'evalsha' || name === 'evalsha_ro') && second) {
      const known = digests.get(second.toString().toLowerCase())
      if (known) return as(first, Buffer.from(known), ...(third ? [third] : []), ...rest)
    }
    const isLoad = name === 'script' && second?.toString().toLowerCase() === 'load'
    if (isLoad && second && third) {
      const asked = Buffer.from(sha1(third))
      return {
        command: command(first, second, learn(third), ...rest),
        answer: (reply) => (reply.type === 'bulk' ? { type: 'bulk', bytes: asked } : reply),
      }
    }
    return as(...original)
  }
}
