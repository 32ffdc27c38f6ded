import { FIELDS, INPUTS, ISA, ROUTINES } from './isa.ts'

/** Reads a plain body back; throws on one that the compiler did not make. */
class Reader {
  readonly #bytes: Buffer
  #at = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes)
  }
  take(count: number): Buffer {
    const bytes = this.#bytes.subarray(this.#at, this.#at + count)
    if (bytes.length < count) throw new RangeError('the program ends too early')
    this.#at += count
    return bytes
  }
  u8 = (): number => this.take(1).readUInt8()
  u16 = (): number => this.take(2).readUInt16BE()
  list<Item>(one: () => Item): Item[] {
    return Array.from({ length: this.u16() }, one)
  }
}

const CLASS_KINDS = ['ascii', 'unicode', 'uuid', 'https', 'any']

const charactersIn = (bitmap: Buffer): string => {
  const bits = BigInt(`0x${bitmap.toString('hex')}`)
  const runs: string[] = []
  for (let code = 0; code < 128; code++) {
    if (!(bits & (1n << BigInt(code)))) continue
    const from = code
    while (bits & (1n << BigInt(code + 1))) code++
    const [first, last] = [String.fromCharCode(from), String.fromCharCode(code)]
    runs.push(from === code ? first : `${first}-${last}`)
  }
  return runs.join('')
}

const read = (plain: Uint8Array) => {
  const reader = new Reader(plain)
  const code = reader.list(() => reader.take(8))
  reader.u8()
  const texts = reader.list(() => reader.take(reader.u16()).toString())
  const ints = reader.list(() => reader.take(8).readBigUInt64BE())
  const tables = reader.list(() => reader.list(() => [texts[reader.u16()], texts[reader.u16()]] as const))
  const classes = reader.list(() => {
    const [kind, min, max, bitmap] = [CLASS_KINDS[reader.u8()], reader.u16(), reader.u16(), reader.take(16)]
    return `${kind} ${min}..${max} ${charactersIn(bitmap)}`.trimEnd()
  })
  const gateways = reader.list(() => [texts[reader.u16()], tables[reader.u16()]] as const)
  const spans = reader.list(() => ({ gateway: reader.u8(), kind: reader.u8(), length: reader.u16() }))
  return { code, texts, ints, tables, classes, gateways, spans }
}

export interface RoutineSize {
  readonly gateway: string
  readonly routine: string
  readonly instructions: number
}

/** What a program is made of, in its own order. */
export const routinesOf = (plain: Uint8Array): readonly RoutineSize[] => {
  const { gateways, spans } = read(plain)
  return spans.map(({ gateway, kind, length }) => ({
    gateway: gateways[gateway]?.[0] ?? '',
    routine: ROUTINES[kind] ?? '',
    instructions: length,
  }))
}

/** A program as people read it: for the deploy log, and compared with a committed one by a test. */
export const disassemble = (plain: Uint8Array): string => {
  const { code, texts, ints, tables, classes, gateways, spans } = read(plain)
  const operand = (kind: string | undefined, value: number): string => {
    switch (kind) {
      case 'text':
        return JSON.stringify(texts[value])
      case 'int':
        return String(ints[value])
      case 'table':
        return `t${value}`
      case 'input':
        return INPUTS[value] as string
      case 'field':
        return FIELDS[value] as string
      case 'class':
        return `c${value}`
      case 'register':
        return `r${value}`
      default:
        return String(value)
    }
  }
  const lines: string[] = []
  let from = 0
  for (const { gateway, kind, length } of spans) {
    lines.push('', `${gateways[gateway]?.[0]} ${ROUTINES[kind]}`)
    for (const [at, bytes] of code.slice(from, from + length).entries()) {
      const [op, a, b, c] = bytes as unknown as [number, number, number, number]
      const shape = ISA[op] as (typeof ISA)[number] & { a?: string; b?: string; c?: string; x?: string; jumps?: true }
      const parts = [
        shape.a && operand(shape.a, a),
        shape.b && operand(shape.b, b),
        shape.c && operand(shape.c, c),
        shape.x && operand(shape.x, bytes.readUInt16BE(4)),
        shape.jumps && `→${bytes.readUInt16BE(6)}`,
      ].filter(Boolean)
      lines.push(`${String(at).padStart(5)}  ${shape.name.padEnd(9)} ${parts.join(' ')}`.trimEnd())
    }
    from += length
  }
  const rows = (table: readonly (readonly [string | undefined, string | undefined])[] = []): string[] =>
    table.map(([key, value]) =>
      value === '' ? `    ${JSON.stringify(key)}` : `    ${JSON.stringify(key)} ${JSON.stringify(value)}`,
    )
  return [
    ...gateways.flatMap(([name, facts]) => [`gateway ${name}`, ...rows(facts)]),
    ...lines,
    '',
    ...classes.map((it, index) => `c${index} ${it}`),
    ...tables.flatMap((table, index) => [`t${index}`, ...rows(table)]),
    '',
  ].join('\n')
}
