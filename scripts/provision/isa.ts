/**
 * The instruction set of gateway programs, the same table as `rust-core/crates/vm/src/isa.rs` (a test compares them). Eight
 * bytes each: `op a b c x:u16 y:u16`, big-endian. A code is its place in this list.
 */
type Operand = 'register' | 'text' | 'int' | 'table' | 'input' | 'field' | 'raw' | 'class' | 'style'

export interface Shape {
  readonly name: string
  /** What stands in `a`, `b`, `c` and `x`; absent: zero. */
  readonly a?: 'register'
  readonly b?: 'register'
  readonly c?: 'register' | 'class' | 'style'
  readonly x?: Exclude<Operand, 'register' | 'class' | 'style'>
  readonly jumps?: true
  /** For the documentation: what it does. */
  readonly does: string
}

const op = (name: string, does: string, operands: Omit<Shape, 'name' | 'does'> = {}): Shape => ({
  name,
  does,
  ...operands,
})
const a = 'register' as const
const b = 'register' as const
const jumps = true as const

export const ISA = [
  op('Halt', 'ends the run'),
  op('Refuse', 'ends the run; the text names the rule that refuses', { x: 'text' }),
  op('Jump', 'goes to y', { jumps }),
  op('Input', 'a ← what was handed over under x; absent: goes to y', { a, x: 'input', jumps }),
  op('Text', 'a ← text', { a, x: 'text' }),
  op('Number', 'a ← integer', { a, x: 'int' }),
  op('Member', 'a ← member x of node b; null when there is none', { a, b, x: 'text' }),
  op('Item', 'a ← item x of node b; null when there is none', { a, b, x: 'raw' }),
  op('String', 'a ← the string at node b if it is of class c, else goes to y', { a, b, c: 'class', jumps }),
  op('Whole', 'a ← the whole number at node b, else goes to y', { a, b, jumps }),
  op('Digits', 'a ← the number that text b spells, without sign and leading zeros, else goes to y', { a, b, jumps }),
  op('Lookup', 'a ← what table x has for text b, else goes to y', { a, b, x: 'table', jumps }),
  op('Same', 'goes to y unless texts a and b are equal', { a, b, jumps }),
  op('Null', 'goes to y unless node a is null', { a, jumps }),
  op('Object', 'goes to y unless node a is an object', { a, jumps }),
  op('Fits', 'goes to y unless text a is of class c', { a, c: 'class', jumps }),
  op('AtLeast', 'goes to y unless integer a ≥ integer b', { a, b, jumps }),
  op('Divide', 'a ← b ÷ x', { a, b, x: 'int' }),
  op('Modulo', 'a ← b mod x', { a, b, x: 'int' }),
  op('Add', 'a ← b + x', { a, b, x: 'int' }),
  op('Decimals', 'goes to y unless a minor units of currency b need at most c decimals', {
    a,
    b,
    c: 'register',
    jumps,
  }),
  op('Put', 'writes text x', { x: 'text' }),
  op('PutText', 'writes text a as it is', { a }),
  op('PutJson', 'writes text a as a JSON string', { a }),
  op('PutUrl', 'writes text a percent-encoded', { a }),
  op('PutInt', 'writes integer a', { a }),
  op('PutMoney', 'writes a minor units of currency b as a decimal in style c, else goes to y', {
    a,
    b,
    c: 'style',
    jumps,
  }),
  op('PutMinor', 'writes decimal text a of currency b in minor units, else goes to y', { a, b, jumps }),
  op('PutLog', 'writes text a fit for a log: short, without controls and long numbers', { a }),
  op('Base64', 'turns what was written since the last Out or Header into text x and its base64', { x: 'text' }),
  op('Out', 'what was written since the last Out or Header becomes field x', { x: 'field' }),
  op('Header', 'what was written since the last Out or Header becomes header x', { x: 'text' }),
  op('PutMajor', 'writes number node a of currency b in minor units, else goes to y', { a, b, jumps }),
] as const satisfies readonly Shape[]

export const REGISTERS = 16
export const VERSION = 1

export const INPUTS = [
  'settings',
  'body',
  'http',
  'nowMs',
  'reference',
  'amountMinor',
  'currency',
  'phoneNumber',
  'provider',
  'customerMessage',
  'invoice',
  'operation',
  'merchantId',
  'preAuthorisationCode',
  'resumeUrl',
  'country',
  'token',
  'gatewayId',
  'otp',
] as const
export type InputName = (typeof INPUTS)[number]

export const FIELDS = [
  'method',
  'path',
  'body',
  'signed',
  'kind',
  'outcome',
  'code',
  'reason',
  'message',
  'amountMinor',
  'currency',
  'transactionId',
  'nextAction',
  'nextUrl',
  'operation',
  'reference',
  'country',
  'provider',
  'phoneNumber',
  'dayCapMinor',
  'day',
  'gatewayId',
  'token',
  'expiresInS',
] as const
export type FieldName = (typeof FIELDS)[number]

export const ROUTINES = [
  'deposit.request',
  'deposit.answer',
  'status.request',
  'status.answer',
  'predict.request',
  'predict.answer',
  'callback',
  'keys.request',
  'conditions.request',
  'token.request',
  'token.answer',
  'cancel.request',
  'cancel.answer',
  'otp.request',
  'otp.answer',
] as const
export type RoutineName = (typeof ROUTINES)[number]
