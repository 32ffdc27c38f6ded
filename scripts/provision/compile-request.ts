import type { Label, Register, RoutineBuilder } from './assembler.ts'
import { INPUTS, type InputName } from './isa.ts'
import type { AuthenticationSpec, GatewaySpec, JsonTemplate, RequestSpec, Template } from './spec.ts'

/** A spec that says something which cannot be done. `where`: the path to it in the file. */
export class SpecError extends Error {
  override readonly name = 'SpecError'
  constructor(where: string, problem: string) {
    super(`${where}: ${problem}`)
  }
}

/** `literal`, or what stands between braces. */
type Piece = { readonly literal: string } | { readonly name: string; readonly style: string | undefined }

const PLACEHOLDER = /\{([a-zA-Z][a-zA-Z0-9.]*)(?::([a-z]+))?\}/g

export const piecesOf = (template: Template, where: string): readonly Piece[] => {
  const pieces: Piece[] = []
  let from = 0
  for (const match of template.matchAll(PLACEHOLDER)) {
    if (match.index > from) pieces.push({ literal: template.slice(from, match.index) })
    pieces.push({ name: match[1] as string, style: match[2] })
    from = match.index + match[0].length
  }
  if (from < template.length) pieces.push({ literal: template.slice(from) })
  for (const piece of pieces)
    if ('literal' in piece && /[{}]/.test(piece.literal))
      throw new SpecError(where, `"${template}" has a brace that is no placeholder like {reference}`)
  return pieces
}

/** Digits, capitals, dashes: nothing in it that JSON, a header or a path would read otherwise. */
const PLAIN = new Set(['reference', 'currency', 'amount', 'phoneNumber', 'http'])

/** What the placeholders of one routine lead to. */
export interface Scope {
  readonly builder: RoutineBuilder
  readonly spec: GatewaySpec
  /** Texts that a rule of the spec has already put into a register: the provider by the gateway's own name. */
  readonly known: ReadonlyMap<string, Register>
  /** Where to go when there is no token; absent: this request is for one. */
  readonly noToken?: Label
}

/** What is there in one request alone, and where. */
const ONLY_IN: Readonly<Record<string, string>> = { otp: 'otp.request' }

const isInput = (name: string): name is InputName => (INPUTS as readonly string[]).includes(name)

type How = 'PutText' | 'PutJson' | 'PutUrl'

/** Writes what a placeholder stands for; `absent` is where to go when there is nothing. */
const putPlaceholder = (scope: Scope, name: string, how: How, absent: Label, where: string): void => {
  const { builder, spec, known } = scope
  builder.scratch(() => {
    if (name.startsWith('settings.')) {
      const setting = name.slice('settings.'.length)
      if (!(setting in spec.settings)) throw new SpecError(where, `{${name}} is not among the settings`)
      const settings = builder.input('settings', absent)
      const a = builder.register()
      builder.emit('Member', { a, b: settings, x: builder.pool.text(setting) })
      builder.emit('String', { a, b: a, c: visible(builder), else: absent })
      builder.emit(how, { a })
    } else if (name === 'token') {
      if (!spec.token || !scope.noToken) throw new SpecError(where, 'there is no token here')
      builder.emit(how, { a: builder.input('token', scope.noToken) })
    } else if (name.startsWith('provider.')) {
      builder.emit(how, { a: alsoOf(scope, name, absent, where) })
    } else if (name === 'amount') {
      putAmount(scope, how, absent)
    } else if (name === 'http' || name === 'nowMs') {
      builder.emit('PutInt', { a: builder.input(name, absent) })
    } else {
      const register = known.get(name)
      if (register === undefined && (!isInput(name) || ['settings', 'body', 'amountMinor'].includes(name)))
        throw new SpecError(where, `{${name}} is not known here`)
      if (ONLY_IN[name] !== undefined && !where.startsWith(`${ONLY_IN[name]}.`))
        throw new SpecError(where, `{${name}} is in ${ONLY_IN[name]} only`)
      const a = register ?? builder.input(name as InputName, absent)
      if (name === 'resumeUrl') onlyWherePaged(scope, absent)
      builder.emit(how, { a })
    }
  })
}

/** What the spec says with the provider beside its name. */
const alsoOf = ({ builder, spec, known }: Scope, name: string, absent: Label, where: string): Register => {
  const key = name.slice('provider.'.length)
  const rows = Object.entries(spec.providers).flatMap(([provider, { also }]) =>
    also?.[key] === undefined ? [] : [[provider, also[key]] as const],
  )
  if (rows.length === 0 || !known.has('provider')) throw new SpecError(where, `{${name}} is not known here`)
  const a = builder.input('provider', absent)
  builder.emit('Lookup', { a, b: a, x: builder.pool.table(Object.fromEntries(rows)), else: absent })
  return a
}

export const providersWith = (spec: GatewaySpec, auth: 'preauth' | 'redirect'): readonly string[] =>
  Object.entries(spec.providers).flatMap(([name, it]) => (it.auth === auth ? [name] : []))

/** An address to come back to is for providers with a page of their own. */
const onlyWherePaged = ({ builder, spec }: Scope, absent: Label): void => {
  const a = builder.input('provider', absent)
  builder.emit('Lookup', { a, b: a, x: builder.pool.set(providersWith(spec, 'redirect')), else: absent })
}

const putAmount = ({ builder, spec }: Scope, how: How, absent: Label): void => {
  const amount = builder.input('amountMinor', absent)
  const currency = builder.input('currency', absent)
  if (how === 'PutJson') builder.put('"')
  const { spelling, zeros = {} } = spec.amount
  if (spelling === 'minor') {
    builder.emit('PutInt', { a: amount })
    for (const [code, count] of Object.entries(zeros)) {
      const next = builder.label()
      onlyIn(builder, currency, code, next)
      builder.put('0'.repeat(count))
      builder.place(next)
    }
  } else builder.emit('PutMoney', { a: amount, b: currency, c: spelling === 'trimmed' ? 1 : 0, else: absent })
  if (how === 'PutJson') builder.put('"')
}

/** Goes on in one currency, else to `next`. */
export const onlyIn = (builder: RoutineBuilder, currency: Register, code: string, next: Label): void =>
  builder.scratch(() => {
    const a = builder.register()
    builder.emit('Text', { a, x: builder.pool.text(code) })
    builder.emit('Same', { a: currency, b: a, else: next })
  })

const visible = (builder: RoutineBuilder): number =>
  builder.pool.class({ kind: 'ascii', min: 1, max: 4096, characters: charactersOf('!-~', 'settings') })

/** The characters of a set like `A-Za-z0-9_`. */
export const charactersOf = (set: string, where: string): string => {
  let characters = ''
  for (let at = 0; at < set.length; at++) {
    const from = set.charCodeAt(at)
    const isRange = set[at + 1] === '-' && at + 2 < set.length
    const to = isRange ? set.charCodeAt(at + 2) : from
    if (to < from || to > 0x7e || from < 0x20) throw new SpecError(where, `"${set}" is not a set of ASCII characters`)
    for (let code = from; code <= to; code++) characters += String.fromCharCode(code)
    if (isRange) at += 2
  }
  return characters
}

const putTemplate = (
  scope: Scope,
  template: Template,
  how: 'PutText' | 'PutUrl',
  absent: Label,
  where: string,
): void => {
  for (const piece of piecesOf(template, where)) {
    if ('literal' in piece) scope.builder.put(piece.literal)
    else putPlaceholder(scope, piece.name, how, absent, where)
  }
}

const placeholdersIn = (json: JsonTemplate, where: string): readonly string[] =>
  typeof json === 'string'
    ? piecesOf(json, where).flatMap((piece) => ('name' in piece ? [piece.name] : []))
    : typeof json === 'object'
      ? Object.values(json).flatMap((part) => placeholdersIn(part as JsonTemplate, where))
      : []

const putString = (scope: Scope, template: Template, absent: Label, where: string): void => {
  const pieces = piecesOf(template, where)
  const [first] = pieces
  if (pieces.length === 1 && first && 'name' in first) {
    if (first.style === 'number') {
      if (first.name !== 'amount') throw new SpecError(where, 'only {amount:number} can be a number')
      putPlaceholder(scope, first.name, 'PutText', absent, where)
      return
    }
    putPlaceholder(scope, first.name, 'PutJson', absent, where)
    return
  }
  // Within a longer string only what needs no escaping: the quotes are written here.
  scope.builder.put('"')
  for (const piece of pieces) {
    if ('literal' in piece) scope.builder.put(JSON.stringify(piece.literal).slice(1, -1))
    else if (PLAIN.has(piece.name)) putPlaceholder(scope, piece.name, 'PutText', absent, where)
    else throw new SpecError(where, `{${piece.name}} must stand alone in its string`)
  }
  scope.builder.put('"')
}

const putJson = (scope: Scope, json: JsonTemplate, absent: Label, where: string): void => {
  const { builder } = scope
  if (typeof json === 'string') {
    putString(scope, json, absent, where)
    return
  }
  if (typeof json !== 'object') {
    builder.put(JSON.stringify(json))
    return
  }
  if (Array.isArray(json)) {
    builder.put('[')
    json.forEach((item: JsonTemplate, index) => {
      if (index > 0) builder.put(',')
      putJson(scope, item, absent, `${where}[${index}]`)
    })
    builder.put(']')
    return
  }
  builder.put('{')
  Object.entries(json).forEach(([member, value], index) => {
    const optional = member.endsWith('?')
    const name = optional ? member.slice(0, -1) : member
    const at = `${where}.${member}`
    if (optional && index === 0) throw new SpecError(at, 'the first member of an object cannot be optional')
    const skip = builder.label()
    // All of it is asked for before anything is written: what was written would stay.
    if (optional) for (const needed of new Set(placeholdersIn(value, at))) askFor(scope, needed, skip, at)
    builder.put(`${index > 0 ? ',' : ''}${JSON.stringify(name)}:`)
    putJson(scope, value, absent, at)
    builder.place(skip)
  })
  builder.put('}')
}

/** Goes to `absent` when a placeholder has nothing. */
const askFor = (scope: Scope, name: string, absent: Label, where: string): void =>
  scope.builder.scratch(() => {
    const { builder } = scope
    if (name.startsWith('provider.')) {
      alsoOf(scope, name, absent, where)
      return
    }
    const input = name === 'amount' ? 'amountMinor' : name
    if (!isInput(input)) throw new SpecError(where, `{${name}} is always there: the member cannot be optional`)
    builder.input(input, absent)
    if (name === 'resumeUrl') onlyWherePaged(scope, absent)
  })

const putAuthentication = (scope: Scope, it: AuthenticationSpec, bug: Label, where: string): void => {
  const { builder } = scope
  if ('header' in it) {
    putTemplate(scope, it.value, 'PutText', bug, `${where}.value`)
    builder.emit('Header', { x: builder.pool.text(it.header) })
    return
  }
  const [user, password] = it.basic
  putTemplate(scope, `${user}:${password}`, 'PutText', bug, `${where}.basic`)
  builder.emit('Base64', { x: builder.pool.text('Basic ') })
  builder.emit('Header', { x: builder.pool.text('Authorization') })
}

/** Writes a whole request. `bug`: where to go when something is missing that must be there. */
export const compileRequest = (scope: Scope, request: RequestSpec, bug: Label, where: string): void => {
  const { builder, spec, noToken } = scope
  builder.put(request.method)
  builder.out('method')
  if (!/^\/[\x21-\x7e]*$/.test(request.path)) throw new SpecError(`${where}.path`, 'a path begins with /')
  putTemplate(scope, request.path, 'PutUrl', bug, `${where}.path`)
  builder.out('path')
  const authentication = noToken ? spec.authentication : spec.token?.authentication
  if (authentication) putAuthentication(scope, authentication, bug, noToken ? 'authentication' : 'token.authentication')
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    putTemplate(scope, value, 'PutText', bug, `${where}.headers.${name}`)
    builder.emit('Header', { x: builder.pool.text(name) })
  }
  if (request.json) {
    putJson(scope, request.json, bug, `${where}.json`)
    builder.out('body')
  }
  if (request.form) {
    Object.entries(request.form).forEach(([name, value], index) => {
      builder.put(`${index > 0 ? '&' : ''}${encodeURIComponent(name)}=`)
      putTemplate(scope, value, 'PutUrl', bug, `${where}.form.${name}`)
    })
    builder.out('body')
  }
  if (request.signed) {
    if (!spec.signing) throw new SpecError(`${where}.signed`, 'there is no "signing" in this spec')
    builder.put('1')
    builder.out('signed')
  }
}
