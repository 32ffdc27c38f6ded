import { failure, integer, type Reply } from '../resp.ts'
import { arg, type CommandSpec, type Context, inInt64, parseInteger, Refused, SYNTAX, word } from './spec.ts'

const UNITS = { ex: { ms: 1000n, absolute: false }, px: { ms: 1n, absolute: false } }
const ABSOLUTE = { exat: { ms: 1000n, absolute: true }, pxat: { ms: 1n, absolute: true } }
export const EXPIRY_OPTIONS: Readonly<Record<string, { readonly ms: bigint; readonly absolute: boolean }>> = {
  ...UNITS,
  ...ABSOLUTE,
}

/** Absolute moment in ms, or an error reply thrown. */
export const expiryMoment = (
  amount: bigint,
  unit: { readonly ms: bigint; readonly absolute: boolean },
  nowMs: number,
  commandName: string,
): number => {
  const relativeMs = amount * unit.ms
  const atMs = unit.absolute ? relativeMs : relativeMs + BigInt(Math.floor(nowMs))
  if (!inInt64(relativeMs) || !inInt64(atMs)) {
    throw new Refused(failure(`ERR invalid expire time in '${commandName}' command`))
  }
  return Number(atMs)
}

const setExpiry = (name: string, unit: { readonly ms: bigint; readonly absolute: boolean }): CommandSpec => ({
  arity: -3,
  writes: true,
  run: (args, context) => {
    const flags = args.slice(2).map(word)
    const unknown = flags.findIndex((flag) => !['nx', 'xx', 'gt', 'lt'].includes(flag))
    if (unknown >= 0) throw new Refused(failure(`ERR Unsupported option ${args[2 + unknown]}`))
    const nx = flags.includes('nx')
    const gt = flags.includes('gt')
    const lt = flags.includes('lt')
    if (nx && (flags.includes('xx') || gt || lt)) {
      throw new Refused(failure('ERR NX and XX, GT or LT options at the same time are not compatible'))
    }
    if (gt && lt) throw new Refused(failure('ERR GT and LT options at the same time are not compatible'))

    const atMs = expiryMoment(parseInteger(args[1]), unit, context.nowMs, name)
    const key = arg(args, 0)
    const entry = context.keyspace.get(key, context.nowMs)
    if (!entry) return integer(0)
    const current = entry.expiresAtMs
    // No expiry counts as infinite for GT and LT.
    const blocked =
      (nx && current !== null) ||
      (flags.includes('xx') && current === null) ||
      (gt && (current === null || atMs <= current)) ||
      (lt && current !== null && atMs >= current)
    if (blocked) return integer(0)
    if (atMs <= context.nowMs) context.keyspace.delete(key, context.nowMs)
    else context.keyspace.set(key, entry.value, atMs)
    return integer(1)
  },
})

const remaining = (context: Context, key: Buffer, convert: (leftMs: number) => number): Reply => {
  const entry = context.keyspace.get(key, context.nowMs)
  if (!entry) return integer(-2)
  return integer(entry.expiresAtMs === null ? -1 : convert(entry.expiresAtMs - Math.floor(context.nowMs)))
}

export const EXPIRY_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  expire: setExpiry('expire', UNITS.ex),
  pexpire: setExpiry('pexpire', UNITS.px),
  expireat: setExpiry('expireat', ABSOLUTE.exat),
  pexpireat: setExpiry('pexpireat', ABSOLUTE.pxat),
  ttl: {
    arity: 2,
    writes: false,
    run: (args, context) => remaining(context, arg(args, 0), (leftMs) => Math.floor((leftMs + 500) / 1000)),
  },
  pttl: { arity: 2, writes: false, run: (args, context) => remaining(context, arg(args, 0), (leftMs) => leftMs) },
  persist: {
    arity: 2,
    writes: true,
    run: (args, context) => {
      const entry = context.keyspace.get(arg(args, 0), context.nowMs)
      if (!entry || entry.expiresAtMs === null) return integer(0)
      context.keyspace.set(arg(args, 0), entry.value, null)
      return integer(1)
    },
  },
}

export const badSyntax = (): never => {
  throw new Refused(SYNTAX)
}
