import { type Command, failure, type Reply } from '../resp.ts'
import type { Keyspace, Value } from './keyspace.ts'

export interface Context {
  readonly keyspace: Keyspace
  /** Read once per command, and once per script: time stands still while a script runs, as in Redis. */
  readonly nowMs: number
}

export interface CommandSpec {
  /** As in Redis' COMMAND: exact count with the name, or minus the least count. */
  readonly arity: number
  readonly writes: boolean
  readonly run: (args: readonly Buffer[], context: Context) => Reply
}

export const WRONG_TYPE = failure('WRONGTYPE Operation against a key holding the wrong kind of value')
export const NOT_AN_INTEGER = failure('ERR value is not an integer or out of range')
export const SYNTAX = failure('ERR syntax error')
export const wrongArity = (name: string): Reply => failure(`ERR wrong number of arguments for '${name}' command`)

/** Carries an error reply out of a command. Caught in the engine; nothing else is. */
export class Refused extends Error {
  readonly reply: Reply
  constructor(reply: Reply) {
    super('refused')
    this.reply = reply
  }
}

const INT64_MAX = 2n ** 63n - 1n
export const inInt64 = (value: bigint): boolean => value <= INT64_MAX && value >= -INT64_MAX - 1n

/** Redis' strict form: no plus sign, no leading zeros, no blanks, 64 bits. */
export const parseInteger = (bytes: Buffer | undefined): bigint => {
  const text = bytes?.toString('latin1') ?? ''
  if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text) || !inInt64(BigInt(text))) throw new Refused(NOT_AN_INTEGER)
  return BigInt(text)
}

const read = <Type extends Value['type']>(context: Context, key: Buffer, type: Type) => {
  const entry = context.keyspace.get(key, context.nowMs)
  if (entry && entry.value.type !== type) throw new Refused(WRONG_TYPE)
  return entry as { value: Extract<Value, { type: Type }>; expiresAtMs: number | null } | undefined
}

export const readString = (context: Context, key: Buffer) => read(context, key, 'string')
export const readHash = (context: Context, key: Buffer) => read(context, key, 'hash')

export const arg = (args: Command, index: number): Buffer => {
  const value = args[index]
  if (!value) throw new Refused(SYNTAX)
  return value
}

export const word = (bytes: Buffer | undefined): string => (bytes?.toString('latin1') ?? '').toLowerCase()
