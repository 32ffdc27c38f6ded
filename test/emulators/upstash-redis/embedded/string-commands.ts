import { array, bulk, failure, integer, NIL, OK, type Reply } from '../resp.ts'
import { badSyntax, EXPIRY_OPTIONS, expiryMoment } from './expiry-commands.ts'
import { arg, type CommandSpec, type Context, inInt64, parseInteger, Refused, readString, word } from './spec.ts'

interface SetOptions {
  readonly flags: ReadonlySet<string>
  readonly expiry: { readonly unit: string; readonly amount: Buffer } | undefined
}

const parseSetOptions = (options: readonly Buffer[]): SetOptions => {
  const flags = new Set<string>()
  let expiry: SetOptions['expiry']
  for (let i = 0; i < options.length; i++) {
    const option = word(options[i])
    const amount = options[i + 1]
    if (option in EXPIRY_OPTIONS && amount && (expiry?.unit ?? option) === option && !flags.has('keepttl')) {
      expiry = { unit: option, amount }
      i++
    } else if (['nx', 'xx', 'get', 'keepttl'].includes(option)) flags.add(option)
    else badSyntax()
    if ((flags.has('nx') && flags.has('xx')) || (flags.has('keepttl') && expiry)) badSyntax()
  }
  return { flags, expiry }
}

const setExpiresAtMs = ({ expiry }: SetOptions, nowMs: number): number | null => {
  const unit = expiry && EXPIRY_OPTIONS[expiry.unit]
  if (!unit) return null
  const amount = parseInteger(expiry.amount)
  if (amount <= 0n) throw new Refused(failure("ERR invalid expire time in 'set' command"))
  return expiryMoment(amount, unit, nowMs, 'set')
}

const set = (args: readonly Buffer[], context: Context): Reply => {
  const { keyspace, nowMs } = context
  const key = arg(args, 0)
  const options = parseSetOptions(args.slice(2))
  const { flags } = options
  const expiresAtMs = setExpiresAtMs(options, nowMs)
  const old = flags.has('get') ? readString(context, key)?.value.bytes : undefined
  const entry = keyspace.get(key, nowMs)
  const unmet = (flags.has('nx') && entry) || (flags.has('xx') && !entry)
  if (!unmet) {
    keyspace.set(
      key,
      { type: 'string', bytes: arg(args, 1) },
      flags.has('keepttl') ? (entry?.expiresAtMs ?? null) : expiresAtMs,
    )
    // EXAT in the past is allowed, and the key is gone at once.
    if (expiresAtMs !== null && expiresAtMs <= nowMs) keyspace.delete(key, nowMs)
  }
  if (flags.has('get')) return old ? bulk(old) : NIL
  return unmet ? NIL : OK
}

const add = (context: Context, key: Buffer, delta: bigint): Reply => {
  const entry = readString(context, key)
  const sum = (entry ? parseInteger(entry.value.bytes) : 0n) + delta
  if (!inInt64(sum)) return failure('ERR increment or decrement would overflow')
  context.keyspace.set(key, { type: 'string', bytes: Buffer.from(String(sum)) }, entry?.expiresAtMs ?? null)
  return integer(sum)
}

const removeKeys: CommandSpec = {
  arity: -2,
  writes: true,
  run: (args, { keyspace, nowMs }) => integer(args.filter((key) => keyspace.delete(key, nowMs)).length),
}

export const STRING_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  set: { arity: -3, writes: true, run: set },
  get: {
    arity: 2,
    writes: false,
    run: (args, context) => {
      const entry = readString(context, arg(args, 0))
      return entry ? bulk(entry.value.bytes) : NIL
    },
  },
  mget: {
    arity: -2,
    writes: false,
    run: (args, { keyspace, nowMs }) =>
      array(
        args.map((key) => {
          const value = keyspace.get(key, nowMs)?.value
          return value?.type === 'string' ? bulk(value.bytes) : NIL
        }),
      ),
  },
  del: removeKeys,
  unlink: removeKeys,
  exists: {
    arity: -2,
    writes: false,
    run: (args, { keyspace, nowMs }) => integer(args.filter((key) => keyspace.get(key, nowMs)).length),
  },
  incr: { arity: 2, writes: true, run: (args, context) => add(context, arg(args, 0), 1n) },
  incrby: {
    arity: 3,
    writes: true,
    run: (args, context) => add(context, arg(args, 0), parseInteger(args[1])),
  },
}
