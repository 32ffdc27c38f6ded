import {
  FIELDS,
  type FieldName,
  INPUTS,
  type InputName,
  ISA,
  REGISTERS,
  ROUTINES,
  type RoutineName,
  VERSION,
} from './isa.ts'

type OpName = (typeof ISA)[number]['name']

/** A place in a routine that is yet to be reached. */
export interface Label {
  at: number | undefined
}

export type Register = number & { readonly register: true }

export interface TextClass {
  readonly kind: 'ascii' | 'unicode' | 'uuid' | 'https' | 'any'
  /** In bytes of UTF-8. */
  readonly min: number
  readonly max: number
  /** ASCII characters, for `ascii` and `unicode`. */
  readonly characters: string
}

const CLASS_KINDS = ['ascii', 'unicode', 'uuid', 'https', 'any'] as const

interface Instruction {
  readonly op: OpName
  readonly a: number
  readonly b: number
  readonly c: number
  readonly x: number
  readonly target: Label | undefined
}

interface Operands {
  readonly a?: number
  readonly b?: number
  readonly c?: number
  readonly x?: number
  readonly else?: Label
}

const u16 = (value: number): Buffer => {
  if (value < 0 || value > 0xffff || !Number.isInteger(value)) throw new RangeError(`${value} does not fit 16 bits`)
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
const list = (items: readonly Buffer[]): Buffer => Buffer.concat([u16(items.length), ...items])

/** What all routines of a program share: texts, numbers, tables and classes, each kept once. */
export class Pool {
  readonly texts: string[] = []
  readonly ints: bigint[] = []
  readonly tables: (readonly (readonly [number, number])[])[] = []
  readonly classes: TextClass[] = []
  readonly #known = new Map<string, number>()

  #once(key: string, add: () => number): number {
    const known = this.#known.get(key) ?? add() - 1
    this.#known.set(key, known)
    return known
  }

  text(text: string): number {
    if (!text.isWellFormed()) throw new Error('a text has half a surrogate pair')
    return this.#once(`text ${text}`, () => this.texts.push(text))
  }

  int(value: bigint): number {
    return this.#once(`int ${value}`, () => this.ints.push(value))
  }

  table(rows: Readonly<Record<string, string>>): number {
    // By their bytes, as Rust compares.
    const sorted = Object.entries(rows).sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    return this.#once(`table ${JSON.stringify(sorted)}`, () =>
      this.tables.push(sorted.map(([key, value]) => [this.text(key), this.text(value)] as const)),
    )
  }

  /** A table that is only asked whether it has a text. */
  set(members: Iterable<string>): number {
    return this.table(Object.fromEntries([...members].map((member) => [member, ''])))
  }

  class(it: TextClass): number {
    return this.#once(`class ${JSON.stringify(it)}`, () => this.classes.push(it))
  }

  bytes(): Buffer {
    return Buffer.concat([
      list(
        this.texts.map((text) => {
          const bytes = Buffer.from(text)
          return Buffer.concat([u16(bytes.length), bytes])
        }),
      ),
      list(
        this.ints.map((int) => {
          const bytes = Buffer.alloc(8)
          bytes.writeBigUInt64BE(int)
          return bytes
        }),
      ),
      list(this.tables.map((rows) => list(rows.map(([key, value]) => Buffer.concat([u16(key), u16(value)]))))),
      list(this.classes.map(classBytes)),
    ])
  }
}

const classBytes = ({ kind, min, max, characters }: TextClass): Buffer => {
  let bits = 0n
  for (const character of characters) bits |= 1n << BigInt(character.charCodeAt(0))
  const bitmap = Buffer.from(bits.toString(16).padStart(32, '0'), 'hex')
  return Buffer.concat([Buffer.from([CLASS_KINDS.indexOf(kind)]), u16(min), u16(max), bitmap])
}

/** One routine in the making. Registers are taken as needed and given back by `scratch`. */
export class RoutineBuilder {
  readonly pool: Pool
  readonly #code: Instruction[] = []
  #taken = 0
  /** Literal text that is written at once, when something else comes. */
  #pending = ''

  constructor(pool: Pool) {
    this.pool = pool
  }

  register(): Register {
    if (this.#taken === REGISTERS) throw new Error('a routine needs more registers than there are: nest less')
    return this.#taken++ as Register
  }

  /** Registers that `work` takes are free again after it. */
  scratch<Result>(work: () => Result): Result {
    const before = this.#taken
    const result = work()
    this.#taken = before
    return result
  }

  label(): Label {
    return { at: undefined }
  }

  place(label: Label): void {
    this.#flush()
    label.at = this.#code.length
  }

  emit(op: OpName, operands: Operands = {}): void {
    this.#flush()
    const { a = 0, b = 0, c = 0, x = 0 } = operands
    this.#code.push({ op, a, b, c, x, target: operands.else })
  }

  input(name: InputName, absent: Label): Register {
    const a = this.register()
    this.emit('Input', { a, x: INPUTS.indexOf(name), else: absent })
    return a
  }

  put(text: string): void {
    this.#pending += text
  }

  #flush(): void {
    const text = this.#pending
    this.#pending = ''
    if (text !== '') this.emit('Put', { x: this.pool.text(text) })
  }

  out(field: FieldName): void {
    this.emit('Out', { x: FIELDS.indexOf(field) })
  }

  refuse(rule: string): void {
    this.emit('Refuse', { x: this.pool.text(rule) })
  }

  jump(to: Label): void {
    this.emit('Jump', { else: to })
  }

  /** The instructions that can be reached, their jumps resolved. A label that leads nowhere is a bug of the compiler. */
  instructions(): readonly Buffer[] {
    const code = this.#code
    const reached = new Set([0])
    for (const [at, { op, target }] of code.entries()) {
      if (!reached.has(at)) continue
      if (target) {
        if (target.at === undefined || target.at <= at || target.at >= code.length)
          throw new Error(`instruction ${at} (${op}) jumps nowhere`)
        reached.add(target.at)
      }
      if (!ENDS.has(op)) reached.add(at + 1)
    }
    const kept = [...code.keys()].filter((at) => reached.has(at))
    const places = new Map(kept.map((at, place) => [at, place]))
    return kept.map((at) => {
      const { op, a, b, c, x, target } = code[at] as Instruction
      const opcode = ISA.findIndex(({ name }) => name === op)
      const y = target?.at === undefined ? 0 : (places.get(target.at) as number)
      return Buffer.concat([Buffer.from([opcode, a, b, c]), u16(x), u16(y)])
    })
  }
}

const ENDS: ReadonlySet<OpName> = new Set(['Halt', 'Refuse', 'Jump'])

export interface AssembledGateway {
  readonly name: string
  readonly facts: Readonly<Record<string, string>>
  readonly routines: readonly { readonly name: RoutineName; readonly builder: RoutineBuilder }[]
}

/** The plain body of a program: canonical opcodes, no mask. */
export const assemble = (pool: Pool, gateways: readonly AssembledGateway[]): Uint8Array => {
  const names = gateways.map(({ name, facts }) => Buffer.concat([u16(pool.text(name)), u16(pool.table(facts))]))
  const routines = gateways.flatMap((gateway, index) =>
    gateway.routines.map(({ name, builder }) => ({
      index,
      kind: ROUTINES.indexOf(name),
      code: builder.instructions(),
    })),
  )
  const spans = routines.map(({ index, kind, code }) => Buffer.concat([Buffer.from([index, kind]), u16(code.length)]))
  return Buffer.concat([
    list(routines.flatMap(({ code }) => code)),
    Buffer.from([VERSION]),
    pool.bytes(),
    list(names),
    list(spans),
  ])
}
