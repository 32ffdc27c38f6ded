import type { Label, RoutineBuilder } from './assembler.ts'
import { SpecError } from './compile-request.ts'
import type { GatewaySpec, Policy, PolicyRules } from './spec.ts'

/** The rules by the names that a refusal gives them. */
export const POLICY_RULES = [
  'currency',
  'amount_cap',
  'day_cap',
  'provider',
  'country',
  'hours',
  'amount_limit',
] as const
type Rule = (typeof POLICY_RULES)[number]

const MINUTES = 24 * 60

const minuteOf = (time: string, where: string): number => {
  const [, hour, minute] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(time) ?? []
  const minutes = Number(hour) * 60 + Number(minute)
  if (!(minutes <= MINUTES)) throw new SpecError(where, `"${time}" is no time of day like 08:30`)
  return minutes
}

const refuseAt = (builder: RoutineBuilder, rule: Rule, no: Label): void => {
  const on = builder.label()
  builder.jump(on)
  builder.place(no)
  builder.refuse(`policy:${rule}`)
  builder.place(on)
}

const amountCap = (builder: RoutineBuilder, caps: Readonly<Record<string, string>>, bug: Label): void => {
  const [foreign, tooMuch] = [builder.label(), builder.label()]
  const amount = builder.input('amountMinor', bug)
  const currency = builder.input('currency', bug)
  const cap = builder.register()
  builder.emit('Lookup', { a: currency, b: currency, x: builder.pool.table(caps), else: foreign })
  builder.emit('Digits', { a: cap, b: currency, else: bug })
  builder.emit('AtLeast', { a: cap, b: amount, else: tooMuch })
  refuseAt(builder, 'amount_cap', tooMuch)
  refuseAt(builder, 'currency', foreign)
}

/** The program cannot know what was taken today: it says the day and its cap, and who sends asks the counter (src/vault). */
const dayCap = (
  builder: RoutineBuilder,
  caps: Readonly<Record<string, string>>,
  utcOffsetMinutes: number,
  bug: Label,
): void => {
  const foreign = builder.label()
  const currency = builder.input('currency', bug)
  const now = builder.input('nowMs', bug)
  const int = (value: number): number => builder.pool.int(BigInt(value))
  builder.emit('Lookup', { a: currency, b: currency, x: builder.pool.table(caps), else: foreign })
  builder.emit('PutText', { a: currency })
  builder.out('dayCapMinor')
  builder.emit('Divide', { a: now, b: now, x: int(60_000) })
  // A day more than there were since 1970, for there are no negative numbers. It only has to be another one tomorrow.
  builder.emit('Add', { a: now, b: now, x: int(MINUTES + utcOffsetMinutes) })
  builder.emit('Divide', { a: now, b: now, x: int(MINUTES) })
  builder.emit('PutInt', { a: now })
  builder.out('day')
  refuseAt(builder, 'currency', foreign)
}

const oneOf = (builder: RoutineBuilder, providers: readonly string[], rule: Rule, bug: Label): void => {
  const no = builder.label()
  const a = builder.input('provider', bug)
  builder.emit('Lookup', { a, b: a, x: builder.pool.set(providers), else: no })
  refuseAt(builder, rule, no)
}

const hours = (builder: RoutineBuilder, it: NonNullable<PolicyRules['hours']>, bug: Label, where: string): void => {
  const { utcOffsetMinutes } = it
  const [from, until] = [minuteOf(it.from, `${where}.from`), minuteOf(it.until, `${where}.until`)]
  const no = builder.label()
  const now = builder.input('nowMs', bug)
  const bound = builder.register()
  const offset = ((utcOffsetMinutes % MINUTES) + MINUTES) % MINUTES
  const int = (value: number): number => builder.pool.int(BigInt(value))
  builder.emit('Divide', { a: now, b: now, x: int(60_000) })
  // The day begins at `from`: what is allowed is then one stretch, over midnight or not.
  builder.emit('Add', { a: now, b: now, x: int(offset + MINUTES - (from % MINUTES)) })
  builder.emit('Modulo', { a: now, b: now, x: int(MINUTES) })
  const open = (until - from + MINUTES) % MINUTES || MINUTES
  builder.emit('Number', { a: bound, x: int(open - 1) })
  builder.emit('AtLeast', { a: bound, b: now, else: no })
  refuseAt(builder, 'hours', no)
}

const compileRules = (
  builder: RoutineBuilder,
  spec: GatewaySpec,
  rules: PolicyRules,
  bug: Label,
  where: string,
): void => {
  for (const name of ['amountCapMinor', 'dayCapMinor'] as const)
    for (const cap of Object.values(rules[name] ?? {}))
      if (!/^(0|[1-9]\d{0,18})$/.test(cap)) throw new SpecError(`${where}.${name}`, `"${cap}" is no minor units`)
  const { amountCapMinor, dayCapMinor, utcOffsetMinutes = 0, countries, providers, hours: open } = rules
  if (!Number.isInteger(utcOffsetMinutes) || Math.abs(utcOffsetMinutes) >= MINUTES)
    throw new SpecError(`${where}.utcOffsetMinutes`, `${utcOffsetMinutes} is no whole number of minutes within a day`)
  if (providers) builder.scratch(() => oneOf(builder, providers, 'provider', bug))
  if (countries) {
    const served = Object.entries(spec.providers).filter(([, { country }]) => countries.includes(country))
    const names = served.map(([name]) => name)
    builder.scratch(() => oneOf(builder, names, 'country', bug))
  }
  if (amountCapMinor) builder.scratch(() => amountCap(builder, amountCapMinor, bug))
  if (dayCapMinor) builder.scratch(() => dayCap(builder, dayCapMinor, utcOffsetMinutes, bug))
  if (open) builder.scratch(() => hours(builder, open, bug, `${where}.hours`))
}

/** Refuses what the merchant's policy does not allow; goes on with the rest. */
export const compilePolicy = (builder: RoutineBuilder, spec: GatewaySpec, policy: Policy, bug: Label): void => {
  const allowed = builder.label()
  const other = builder.label()
  const merchants = Object.entries(policy.merchants ?? {})
  if (merchants.length > 0) {
    builder.scratch(() => {
      const merchant = builder.input('merchantId', other)
      const name = builder.register()
      for (const [id, rules] of merchants) {
        const next = builder.label()
        builder.emit('Text', { a: name, x: builder.pool.text(id) })
        builder.emit('Same', { a: merchant, b: name, else: next })
        compileRules(builder, spec, rules, bug, `merchants.${id}`)
        builder.jump(allowed)
        builder.place(next)
      }
    })
  }
  builder.place(other)
  compileRules(builder, spec, policy.default, bug, 'default')
  builder.place(allowed)
}
