import { array, bulk, integer, NIL } from '../resp.ts'
import { bytesOfName, nameOfKey } from './keyspace.ts'
import { arg, type CommandSpec, Refused, readHash, wrongArity } from './spec.ts'

export const HASH_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  hset: {
    arity: -4,
    writes: true,
    run: (args, context) => {
      if (args.length % 2 === 0) throw new Refused(wrongArity('hset'))
      const key = arg(args, 0)
      const entry = readHash(context, key)
      const fields = new Map(entry?.value.fields)
      const before = fields.size
      for (let i = 1; i < args.length; i += 2) fields.set(nameOfKey(arg(args, i)), arg(args, i + 1))
      context.keyspace.set(key, { type: 'hash', fields }, entry?.expiresAtMs ?? null)
      return integer(fields.size - before)
    },
  },
  hget: {
    arity: 3,
    writes: false,
    run: (args, context) => {
      const value = readHash(context, arg(args, 0))?.value.fields.get(nameOfKey(arg(args, 1)))
      return value ? bulk(value) : NIL
    },
  },
  hgetall: {
    arity: 2,
    writes: false,
    run: (args, context) => {
      const fields = readHash(context, arg(args, 0))?.value.fields ?? new Map<string, Buffer>()
      return array([...fields].flatMap(([name, value]) => [bulk(bytesOfName(name)), bulk(value)]))
    },
  },
  hdel: {
    arity: -3,
    writes: true,
    run: (args, context) => {
      const key = arg(args, 0)
      const entry = readHash(context, key)
      if (!entry) return integer(0)
      const fields = new Map(entry.value.fields)
      const removed = args.slice(1).filter((field) => fields.delete(nameOfKey(field))).length
      if (fields.size === 0) context.keyspace.delete(key, context.nowMs)
      else context.keyspace.set(key, { type: 'hash', fields }, entry.expiresAtMs)
      return integer(removed)
    },
  },
}
