import { type AssembledGateway, assemble, type Label, Pool, type Register, RoutineBuilder } from './assembler.ts'
import { intentFacts } from './compile-intents.ts'
import { compilePolicy } from './compile-policy.ts'
import { classNamed, compileReader } from './compile-reader.ts'
import { charactersOf, compileRequest, providersWith, type Scope, SpecError } from './compile-request.ts'
import { INPUTS, type InputName, type RoutineName } from './isa.ts'
import type { CurrencySpec, GatewaySpec, Policy, RequestSpec } from './spec.ts'

/** The core's codes for an order that is not right (rust-core/crates/gateway/src/deposit.rs). */
const CODE: Partial<Record<InputName, string>> = {
  amountMinor: 'E1302',
  phoneNumber: 'E1303',
  provider: 'E1304',
  customerMessage: 'E1305',
  invoice: 'E1306',
  preAuthorisationCode: 'E1309',
}
const BUG = 'E1312'
const NO_TOKEN = 'E1313'

const NO_REGISTERS: ReadonlyMap<string, Register> = new Map()

/** Providers by currency: what the gateway calls each, its decimals, limits and multiples. Leaves the gateway's name in a register. */
const compileProvider = (
  builder: RoutineBuilder,
  spec: GatewaySpec,
  bug: ReturnType<RoutineBuilder['label']>,
): Register => {
  const own = builder.register()
  const [unknown, amountWrong, beyond, done] = [builder.label(), builder.label(), builder.label(), builder.label()]
  const { pool } = builder
  builder.scratch(() => {
    const provider = builder.input('provider', bug)
    const currency = builder.input('currency', bug)
    const amount = builder.input('amountMinor', bug)
    const wanted = builder.register()
    const found = builder.register()
    const bound = builder.register()
    const all = Object.entries(spec.providers)
    builder.emit('Lookup', {
      a: own,
      b: provider,
      x: pool.table(Object.fromEntries(all.map(([name, { code }]) => [name, code ?? name]))),
      else: unknown,
    })
    const currencies = [...new Set(all.flatMap(([, it]) => Object.keys(it.currencies)))]
    for (const code of currencies) {
      const next = builder.label()
      const rows = all.flatMap(([name, it]) => (it.currencies[code] ? [[name, it.currencies[code]] as const] : []))
      const column = (of: 'minMinor' | 'maxMinor') =>
        rows.flatMap(([name, it]) => (it[of] ? [[name, it[of]] as const] : []))
      builder.emit('Text', { a: wanted, x: pool.text(code) })
      builder.emit('Same', { a: currency, b: wanted, else: next })
      const decimals = Object.fromEntries(rows.map(([name, it]) => [name, String(it.decimals)]))
      builder.emit('Lookup', { a: found, b: provider, x: pool.table(decimals), else: amountWrong })
      builder.emit('Digits', { a: bound, b: found, else: bug })
      builder.emit('Decimals', { a: amount, b: currency, c: bound, else: amountWrong })
      for (const side of ['minMinor', 'maxMinor'] as const) {
        const limits = column(side)
        if (limits.length === 0) continue
        const unlimited = builder.label()
        builder.emit('Lookup', { a: found, b: provider, x: pool.table(Object.fromEntries(limits)), else: unlimited })
        builder.emit('Digits', { a: bound, b: found, else: bug })
        const [most, least] = side === 'minMinor' ? [amount, bound] : [bound, amount]
        builder.emit('AtLeast', { a: most, b: least, else: beyond })
        builder.place(unlimited)
      }
      for (const multiple of new Set(rows.flatMap(([, { multipleOfMinor }]) => multipleOfMinor ?? []))) {
        const any = builder.label()
        const strict = rows.filter(([, { multipleOfMinor }]) => multipleOfMinor === multiple).map(([name]) => name)
        builder.emit('Lookup', { a: found, b: provider, x: pool.set(strict), else: any })
        builder.emit('Modulo', { a: bound, b: amount, x: pool.int(BigInt(multiple)) })
        const zero = builder.register()
        builder.emit('Number', { a: zero, x: pool.int(0n) })
        builder.emit('AtLeast', { a: zero, b: bound, else: beyond })
        builder.place(any)
      }
      builder.jump(done)
      builder.place(next)
    }
    builder.place(amountWrong)
    builder.refuse(CODE.amountMinor as string)
    builder.place(unknown)
    builder.refuse(CODE.provider as string)
    const isLimited = ({ minMinor, maxMinor, multipleOfMinor }: CurrencySpec) =>
      (minMinor ?? maxMinor ?? multipleOfMinor) !== undefined
    if (all.some(([, it]) => Object.values(it.currencies).some(isLimited))) {
      builder.place(beyond)
      builder.refuse('policy:amount_limit')
    }
  })
  builder.place(done)
  return own
}

/** The gateway's own rules for what it is handed, beyond Lango's. */
const compileInputs = (builder: RoutineBuilder, spec: GatewaySpec): void => {
  for (const [name, className] of Object.entries(spec.inputs ?? {})) {
    const where = `inputs.${name}`
    const code = CODE[name as InputName]
    if (!code || !(INPUTS as readonly string[]).includes(name))
      throw new SpecError(where, 'is not one that can be limited')
    const [wrong, right] = [builder.label(), builder.label()]
    builder.scratch(() => {
      const a = builder.input(name as InputName, right)
      builder.emit('Fits', { a, c: builder.pool.class(classNamed(spec, className, where)), else: wrong })
    })
    builder.jump(right)
    builder.place(wrong)
    builder.refuse(code)
    builder.place(right)
  }
}

/** A code made beforehand goes to a provider that asks for one, and to nobody else. */
const compileCode = (builder: RoutineBuilder, spec: GatewaySpec, bug: Label): void => {
  const [wrong, right] = [builder.label(), builder.label()]
  builder.scratch(() => {
    builder.input('preAuthorisationCode', right)
    const provider = builder.input('provider', bug)
    builder.emit('Lookup', {
      a: provider,
      b: provider,
      x: builder.pool.set(providersWith(spec, 'preauth')),
      else: wrong,
    })
  })
  builder.jump(right)
  builder.place(wrong)
  builder.refuse(CODE.preAuthorisationCode as string)
  builder.place(right)
}

const compileDeposit = (builder: RoutineBuilder, spec: GatewaySpec, policy: Policy): void => {
  const bug = builder.label()
  compilePolicy(builder, spec, policy, bug)
  compileInputs(builder, spec)
  compileCode(builder, spec, bug)
  const provider = compileProvider(builder, spec, bug)
  const noToken = builder.label()
  const scope: Scope = { builder, spec, known: new Map([['provider', provider]]), noToken }
  compileRequest(scope, spec.deposit.request, bug, 'deposit.request')
  endRequest(builder, bug, noToken)
}

const endRequest = (builder: RoutineBuilder, bug: Label, noToken: Label): void => {
  builder.emit('Halt')
  builder.place(noToken)
  builder.refuse(NO_TOKEN)
  builder.place(bug)
  builder.refuse(BUG)
}

/** Letters and digits, as every provider's are: nothing else leaves, whoever asks for it. */
const OTP = { kind: 'ascii', min: 1, max: 36, characters: charactersOf('A-Za-z0-9', 'otp') } as const

const compileOtp = (builder: RoutineBuilder, spec: GatewaySpec, request: RequestSpec): void => {
  const [wrong, right] = [builder.label(), builder.label()]
  builder.scratch(() => {
    const a = builder.input('otp', wrong)
    builder.emit('Fits', { a, c: builder.pool.class(OTP), else: wrong })
  })
  builder.jump(right)
  builder.place(wrong)
  builder.refuse(BUG)
  builder.place(right)
  compileQuestion(builder, spec, request, 'otp.request')
}

/** A code that is asked for and could not be handed on would leave the customer with it. */
const checkOtp = ({ deposit, otp }: GatewaySpec): void => {
  deposit.answer.steps.forEach((cases, step) => {
    cases.forEach(({ then }, at) => {
      if (then?.['nextAction'] === 'otp' && !otp)
        throw new SpecError(
          `deposit.answer.steps[${step}][${at}]`,
          'asks for a code, and there is no "otp" to hand it on',
        )
    })
  })
}

const compileQuestion = (builder: RoutineBuilder, spec: GatewaySpec, request: RequestSpec, where: string): void => {
  const [bug, noToken] = [builder.label(), builder.label()]
  const scope: Scope = { builder, spec, known: NO_REGISTERS }
  compileRequest(where === 'token.request' ? scope : { ...scope, noToken }, request, bug, where)
  endRequest(builder, bug, noToken)
}

/** What the core is to know of a gateway beside its routines: `key → text`. */
const factsOf = (spec: GatewaySpec, policy: Policy): Record<string, string> => {
  const facts: Record<string, string> = {
    ...intentFacts(policy),
    class: spec.reference.class,
    settleMs: String(spec.settleMs),
    cancel: spec.cancel ? 'yes' : 'no',
    webhook: spec.webhook.scheme,
  }
  for (const name of Object.keys(spec.settings)) facts[`setting.${name}`] = ''
  const { signing, webhook } = spec
  if (signing) {
    facts['signing'] = signing.scheme
    facts['signing.label'] = signing.label
    facts['signing.components'] = signing.components.join(' ')
    facts['signing.lifetimeS'] = String(signing.lifetimeS)
    facts['signing.dateHeader'] = signing.dateHeader
    Object.entries(signing.headers ?? {}).forEach(([name, value], index) => {
      facts[`signing.header.${index}`] = `${name}: ${value}`
    })
  }
  if (webhook.scheme === 'rfc9421') {
    facts['webhook.label'] = webhook.label
    facts['webhook.required'] = webhook.required.join(' ')
    facts['webhook.single'] = (webhook.single ?? []).join(' ')
  }
  if (webhook.scheme !== 'rfc9421' && webhook.scheme !== 'none') {
    if (!spec.settings[webhook.secret]?.secret)
      throw new SpecError('webhook.secret', `"${webhook.secret}" is not a secret among the settings`)
    facts['webhook.header'] = webhook.header.toLowerCase()
    facts['webhook.secret'] = webhook.secret
    if (webhook.scheme !== 'equals' && webhook.prefix !== undefined) facts['webhook.prefix'] = webhook.prefix
    if (webhook.scheme !== 'equals' && webhook.windowS !== undefined) facts['webhook.windowS'] = String(webhook.windowS)
  }
  return facts
}

const compileGateway = (pool: Pool, spec: GatewaySpec, policy: Policy): AssembledGateway => {
  const routines: { name: RoutineName; builder: RoutineBuilder }[] = []
  const routine = (name: RoutineName, work: (builder: RoutineBuilder) => void): void => {
    const builder = new RoutineBuilder(pool)
    work(builder)
    routines.push({ name, builder })
  }
  routine('deposit.request', (it) => compileDeposit(it, spec, policy))
  routine('deposit.answer', (it) => compileReader(it, spec, spec.deposit.answer, 'deposit.answer'))
  routine('status.request', (it) => compileQuestion(it, spec, spec.status.request, 'status.request'))
  routine('status.answer', (it) => compileReader(it, spec, spec.status.answer, 'status.answer'))
  checkOtp(spec)
  const { predict, conditions, webhook, token, cancel, otp } = spec
  if (token) {
    routine('token.request', (it) => compileQuestion(it, spec, token.request, 'token.request'))
    routine('token.answer', (it) => compileReader(it, spec, token.answer, 'token.answer'))
  }
  if (cancel) {
    routine('cancel.request', (it) => compileQuestion(it, spec, cancel.request, 'cancel.request'))
    routine('cancel.answer', (it) => compileReader(it, spec, cancel.answer, 'cancel.answer'))
  }
  if (otp) {
    routine('otp.request', (it) => compileOtp(it, spec, otp.request))
    routine('otp.answer', (it) => compileReader(it, spec, otp.answer, 'otp.answer'))
  }
  if (conditions)
    routine('conditions.request', (it) => compileQuestion(it, spec, conditions.request, 'conditions.request'))
  if (predict) {
    routine('predict.request', (it) => compileQuestion(it, spec, predict.request, 'predict.request'))
    routine('predict.answer', (it) => compileReader(it, spec, predict.answer, 'predict.answer'))
  }
  routine('callback', (it) => compileReader(it, spec, spec.callback, 'callback'))
  if (webhook.scheme === 'rfc9421')
    routine('keys.request', (it) => compileQuestion(it, spec, webhook.keys.request, 'webhook.keys.request'))
  return { name: spec.gateway, facts: factsOf(spec, policy), routines }
}

/**
 * The plain body of the program for these gateways under this policy. Pure: the same input gives the same bytes, and so the
 * same program id. Throws `SpecError`.
 */
export const compileProgram = (specs: readonly GatewaySpec[], policy: Policy): Uint8Array => {
  const pool = new Pool()
  const sorted = specs.toSorted((one, other) => (one.gateway < other.gateway ? -1 : 1))
  return assemble(
    pool,
    sorted.map((spec) => compileGateway(pool, spec, policy)),
  )
}
