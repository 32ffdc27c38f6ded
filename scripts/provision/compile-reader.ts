import type { Label, Register, RoutineBuilder, TextClass } from './assembler.ts'
import { charactersOf, onlyIn, piecesOf, SpecError } from './compile-request.ts'
import { FIELDS, type FieldName } from './isa.ts'
import type { CaseSpec, Condition, FieldSpec, GatewaySpec, ReaderSpec, Template } from './spec.ts'

const ANY: TextClass = { kind: 'any', min: 0, max: 0xffff, characters: '' }

/** A class by its name in the spec; `uuid` and `https` are always known. */
export const classNamed = (spec: GatewaySpec, name: string, where: string): TextClass => {
  if (name === 'uuid') return { kind: 'uuid', min: 36, max: 36, characters: '' }
  if (name === 'https') return { kind: 'https', min: 9, max: 2048, characters: '' }
  const own = spec.classes?.[name]
  if (!own) throw new SpecError(where, `there is no class "${name}"`)
  const { of, min, max, unicode } = own
  if (min > max) throw new SpecError(`classes.${name}`, 'min is more than max')
  return { kind: unicode ? 'unicode' : 'ascii', min, max, characters: charactersOf(of, `classes.${name}.of`) }
}

interface Reading {
  readonly builder: RoutineBuilder
  readonly spec: GatewaySpec
  readonly reader: ReaderSpec
  /** The root of the JSON that was read. */
  readonly body: Register
  /** The item of a list that is about our reference, or null. */
  readonly item: Register | undefined
  /** Something is missing that must be there. */
  readonly bug: Label
  readonly where: string
}

type FullField = Exclude<FieldSpec, string>

const fieldNamed = ({ reader, where }: Reading, name: string, at: string): FullField => {
  const field = reader.fields[name]
  if (field === undefined) throw new SpecError(at, `there is no field "${name}" in ${where}.fields`)
  return typeof field === 'string' ? { at: field } : field
}

/** The node that a path like `data.items.0.code` leads to. */
const nodeAt = ({ builder, body, item }: Reading, path: string): Register => {
  const a = builder.register()
  const ofItem = item !== undefined && path.startsWith('item.')
  let from = ofItem ? item : body
  for (const step of (ofItem ? path.slice('item.'.length) : path).split('.')) {
    if (/^[0-9]{1,3}$/.test(step)) builder.emit('Item', { a, b: from, x: Number(step) })
    else builder.emit('Member', { a, b: from, x: builder.pool.text(step) })
    from = a
  }
  return a
}

/** The text of a field, or on to `absent`. */
const textOf = (reading: Reading, field: FullField, absent: Label, where: string): Register => {
  const { builder, spec } = reading
  const a = nodeAt(reading, field.at)
  const it = field.is === undefined ? ANY : classNamed(spec, field.is, where)
  builder.emit('String', { a, b: a, c: builder.pool.class(it), else: absent })
  return a
}

const ranges = (items: readonly (string | number)[], where: string): readonly (readonly [bigint, bigint])[] =>
  items.map((item) => {
    const hundred = /^([1-5])xx$/.exec(String(item))?.[1]
    if (hundred) return [BigInt(hundred) * 100n, BigInt(hundred) * 100n + 99n]
    if (typeof item !== 'number') throw new SpecError(where, `"${item}" is no HTTP status like 404 or "4xx"`)
    return [BigInt(item), BigInt(item)]
  })

/** Goes on when the status is in one of the ranges, else to `no`. */
const testHttp = ({ builder, bug }: Reading, condition: Condition, no: Label, where: string): void => {
  if (typeof condition === 'string') throw new SpecError(where, 'http is compared with a list like [200, "4xx"]')
  const http = builder.input('http', bug)
  const bound = builder.register()
  const yes = builder.label()
  for (const [low, high] of ranges(condition, where)) {
    const next = builder.label()
    builder.emit('Number', { a: bound, x: builder.pool.int(low) })
    builder.emit('AtLeast', { a: http, b: bound, else: next })
    builder.emit('Number', { a: bound, x: builder.pool.int(high) })
    builder.emit('AtLeast', { a: bound, b: http, else: next })
    builder.jump(yes)
    builder.place(next)
  }
  builder.jump(no)
  builder.place(yes)
}

/** Goes on unless the node is a text or a whole number. */
const notScalar = ({ builder }: Reading, node: Register, no: Label): void => {
  const a = builder.register()
  const [notText, notNumber] = [builder.label(), builder.label()]
  builder.emit('String', { a, b: node, c: builder.pool.class(ANY), else: notText })
  builder.jump(no)
  builder.place(notText)
  builder.emit('Whole', { a, b: node, else: notNumber })
  builder.jump(no)
  builder.place(notNumber)
}

const testNode = (reading: Reading, field: FullField, condition: Condition, no: Label, where: string): void => {
  const { builder } = reading
  const node = nodeAt(reading, field.at)
  const yes = builder.label()
  switch (condition) {
    case 'object':
      builder.emit('Object', { a: node, else: no })
      return
    case 'null':
      builder.emit('Null', { a: node, else: no })
      return
    case 'given':
      builder.emit('Null', { a: node, else: yes })
      builder.jump(no)
      builder.place(yes)
      return
    case 'list':
      // What is neither nothing nor an object nor a text nor a number: nobody sends true in the place of a list.
      for (const op of ['Null', 'Object'] as const) {
        const next = builder.label()
        builder.emit(op, { a: node, else: next })
        builder.jump(no)
        builder.place(next)
      }
      notScalar(reading, node, no)
      return
    default:
      throw new SpecError(where, 'a node can be "null", "given", "object" or "list"')
  }
}

const testText = (reading: Reading, field: FullField, condition: Condition, no: Label, where: string): void => {
  const { builder } = reading
  const yes = builder.label()
  switch (condition) {
    case 'any':
      textOf(reading, field, no, where)
      return
    case 'absent':
      textOf(reading, field, yes, where)
      builder.jump(no)
      builder.place(yes)
      return
    case 'other':
    case 'unproven': {
      // Without a reference of ours there is nothing to compare with.
      const ours = builder.input('reference', no)
      const theirs = textOf(reading, field, condition === 'other' ? no : yes, where)
      builder.emit('Same', { a: ours, b: theirs, else: yes })
      builder.jump(no)
      builder.place(yes)
      return
    }
    case 'null':
    case 'given':
    case 'object':
    case 'list':
      throw new SpecError(where, `only a field with "node": true can be "${condition}"`)
    default: {
      const text = textOf(reading, field, no, where)
      builder.emit('Lookup', { a: text, b: text, x: builder.pool.set(condition.map(String)), else: no })
    }
  }
}

const testCondition = (reading: Reading, name: string, condition: Condition, no: Label, where: string): void =>
  reading.builder.scratch(() => {
    if (name === 'http') {
      testHttp(reading, condition, no, where)
      return
    }
    if (name === 'operation') {
      if (typeof condition === 'string') throw new SpecError(where, 'operation is compared with a list')
      const { builder } = reading
      const a = builder.input('operation', no)
      builder.emit('Lookup', { a, b: a, x: builder.pool.set(condition.map(String)), else: no })
      return
    }
    const field = fieldNamed(reading, name, where)
    const test = field.node ? testNode : testText
    test(reading, field, condition, no, where)
  })

const currencyOf = (reading: Reading, name: string, absent: Label, where: string): Register =>
  name === 'ours'
    ? reading.builder.input('currency', absent)
    : textOf(reading, fieldNamed(reading, name, where), absent, where)

/** Minor units, as a number or a string, less the zeros that the gateway puts behind them. */
const putMinor = (reading: Reading, field: FullField, absent: Label, where: string): void => {
  const { builder, spec } = reading
  const [digits, read, done] = [builder.label(), builder.label(), builder.label()]
  const currency = field.amountIn === undefined ? undefined : currencyOf(reading, field.amountIn, absent, where)
  const a = nodeAt(reading, field.at)
  const b = builder.register()
  builder.emit('Whole', { a: b, b: a, else: digits })
  builder.jump(read)
  builder.place(digits)
  builder.emit('String', { a, b: a, c: builder.pool.class(ANY), else: absent })
  builder.emit('Digits', { a: b, b: a, else: absent })
  builder.place(read)
  for (const [code, count] of currency === undefined ? [] : Object.entries(spec.amount.zeros ?? {})) {
    const next = builder.label()
    onlyIn(builder, currency as Register, code, next)
    builder.scratch(() => {
      const unit = builder.pool.int(10n ** BigInt(count))
      const rest = builder.register()
      const zero = builder.register()
      builder.emit('Modulo', { a: rest, b, x: unit })
      builder.emit('Number', { a: zero, x: builder.pool.int(0n) })
      builder.emit('AtLeast', { a: zero, b: rest, else: absent })
      builder.emit('Divide', { a: b, b, x: unit })
    })
    builder.emit('PutInt', { a: b })
    builder.jump(done)
    builder.place(next)
  }
  builder.emit('PutInt', { a: b })
  builder.place(done)
}

/** Writes a field's value, or nothing at all and on to `absent`. */
const putField = (reading: Reading, name: string, absent: Label, where: string): void => {
  const { builder } = reading
  if (name === 'http') {
    builder.emit('PutInt', { a: builder.input('http', absent) })
    return
  }
  const field = fieldNamed(reading, name, where)
  if (field.node) throw new SpecError(where, `{${name}} is a node, not a text`)
  if (field.minor) {
    putMinor(reading, field, absent, where)
    return
  }
  if (field.amountIn !== undefined) {
    const a = field.number ? nodeAt(reading, field.at) : textOf(reading, field, absent, where)
    const b = currencyOf(reading, field.amountIn, absent, where)
    builder.emit(field.number ? 'PutMajor' : 'PutMinor', { a, b, else: absent })
    return
  }
  const text = textOf(reading, field, absent, where)
  builder.emit(field.log ? 'PutLog' : 'PutText', { a: text })
}

/** An output whose only placeholder has nothing is left out. */
const output = (reading: Reading, field: FieldName, template: Template, where: string): void => {
  const { builder } = reading
  const left = builder.label()
  const pieces = piecesOf(template, where)
  const named = pieces.filter((piece) => 'name' in piece)
  if (named.length > 1) throw new SpecError(where, 'at most one placeholder')
  builder.scratch(() => {
    for (const piece of pieces) {
      if ('literal' in piece) builder.put(piece.literal)
      else if (pieces.length === 1) putField(reading, piece.name, left, where)
      else if (piece.name === 'http') putField(reading, piece.name, reading.bug, where)
      else throw new SpecError(where, `{${piece.name}} must stand alone: it may have nothing`)
    }
  })
  builder.out(field)
  builder.place(left)
}

const isField = (name: string): name is FieldName => (FIELDS as readonly string[]).includes(name)

/** Where a case leads when it holds: the run ends, or the next step begins. */
const compileCase = (reading: Reading, it: CaseSpec, next: Label, step: Label, where: string): void => {
  const { builder } = reading
  for (const [name, condition] of Object.entries(it.when ?? {}))
    testCondition(reading, name, condition, next, `${where}.when.${name}`)
  if (it.refuse !== undefined) {
    builder.refuse(it.refuse)
    return
  }
  for (const [name, template] of Object.entries(it.then ?? {})) {
    if (!isField(name)) throw new SpecError(`${where}.then`, `"${name}" is not something that can be said`)
    output(reading, name, template, `${where}.then.${name}`)
  }
  if (it.then?.['kind'] === undefined) builder.jump(step)
  else builder.emit('Halt')
}

/** In each step the first case that holds; what ends the reading does not come back. */
const compileSteps = (reading: Reading, steps: ReaderSpec['steps'], where: string): void => {
  const { builder } = reading
  steps.forEach((cases, index) => {
    const step = builder.label()
    const path = `${where}[${index}]`
    cases.forEach((it, at) => {
      const isLast = at === cases.length - 1
      if (!isLast && Object.keys(it.when ?? {}).length === 0)
        throw new SpecError(`${path}[${at}]`, 'a case without "when" always holds: what follows it is never reached')
      const next = isLast ? step : builder.label()
      compileCase(reading, it, next, step, `${path}[${at}]`)
      if (!isLast) builder.place(next)
    })
    builder.place(step)
  })
}

/** No array in an answer of 64 KiB has so many items. */
const BEYOND = 0xffff

/** The first item of a list that is about our reference; null when there is none among as many as are looked at. */
const findItem = (reading: Reading, { of, where, max }: NonNullable<ReaderSpec['item']>): Register => {
  const { builder } = reading
  const item = builder.register()
  builder.scratch(() => {
    const [none, found] = [builder.label(), builder.label()]
    const list = nodeAt(reading, of)
    const ours = builder.input('reference', none)
    for (let at = 0; at < max; at++) {
      const next = builder.label()
      builder.emit('Item', { a: item, b: list, x: at })
      builder.scratch(() => {
        const theirs = nodeAt({ ...reading, item }, `item.${where}`)
        builder.emit('String', { a: theirs, b: theirs, c: builder.pool.class(ANY), else: next })
        builder.emit('Same', { a: ours, b: theirs, else: next })
      })
      builder.jump(found)
      builder.place(next)
    }
    builder.place(none)
    builder.emit('Item', { a: item, b: list, x: BEYOND })
    builder.place(found)
  })
  return item
}

/** Reads an answer or a callback. */
export const compileReader = (builder: RoutineBuilder, spec: GatewaySpec, reader: ReaderSpec, where: string): void => {
  const [bug, empty] = [builder.label(), builder.label()]
  const body = builder.input('body', reader.empty ? empty : bug)
  const whole: Reading = { builder, spec, reader, body, item: undefined, bug, where }
  const reading = { ...whole, item: reader.item && findItem(whole, reader.item) }
  compileSteps(reading, reader.steps, `${where}.steps`)
  builder.emit('Halt')
  if (reader.empty) {
    builder.place(empty)
    // Nothing was said, so there is no field.
    compileSteps({ ...whole, reader: { ...reader, fields: {} } }, [reader.empty], `${where}.empty`)
  }
  builder.place(bug)
  builder.refuse('bug')
}
