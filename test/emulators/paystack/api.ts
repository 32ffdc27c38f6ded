import type { Charge } from '../kit/charges.ts'
import type { Call, World } from '../kit/gateway.ts'
import { type Arrived, json, type Reply } from '../kit/server.ts'
import { chargeAttempted, DISPLAY, invalidKey, minorFromTheWire, notFound, problem, verified } from './answers.ts'
import type { PaystackPersona } from './server.ts'

/** Which wallets each currency is charged from (paystack.com/docs/payments/payment-channels). */
const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  GHS: ['mtn', 'atl', 'vod'],
  KES: ['mpesa'],
  XOF: ['orange', 'wave'],
}

interface ChargeBody {
  readonly email?: unknown
  readonly amount?: unknown
  readonly currency?: unknown
  readonly reference?: unknown
  readonly mobile_money?: { readonly phone?: unknown; readonly provider?: unknown }
}

const bodyOf = (arrived: Arrived): Record<string, unknown> => {
  try {
    const parsed: unknown = JSON.parse(arrived.body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const create = (
  { charges, clock }: World<PaystackPersona>,
  body: ChargeBody,
  persona: PaystackPersona,
  sticky: Partial<PaystackPersona>,
): Reply => {
  const { email, amount, currency, reference, mobile_money: wallet } = body
  if (persona.refuse)
    return problem(persona.refuse.status, persona.refuse.message, persona.refuse.code ?? 'refused', '')
  if (!/^\S+@\S+\.\S+$/.test(text(email)))
    return problem(400, 'Email address is required to create charge', 'invalid_params', 'Pass an email address')
  const providers = PROVIDERS[text(currency)]
  if (!providers)
    return problem(400, 'Currency not supported by merchant', 'unsupported_currency', 'Use an enabled currency')
  const amountMinor = minorFromTheWire(String(amount), text(currency))
  if (amountMinor === undefined)
    return problem(400, 'Amount must be an integer', 'invalid_amount', 'Pass the amount in the subunit')
  if (!wallet || !providers.includes(text(wallet.provider)) || !/^(\+?[0-9]{9,15})$/.test(text(wallet.phone)))
    return problem(400, 'Invalid mobile money details', 'invalid_params', 'Pass a phone and a provider')
  if (!/^[A-Za-z0-9.=-]{1,100}$/.test(text(reference)))
    return problem(400, 'Invalid character in transaction reference', 'invalid_params', 'Only -,., = and alphanumeric')
  // An older one counts, however it ended: the money may have moved under it.
  if (charges.find(text(reference)))
    return problem(400, 'Duplicate charge request for reference', 'duplicate_reference', 'Use a new reference')

  const request = {
    reference: text(reference),
    amountMinor,
    currency: text(currency),
    msisdn: text(wallet.phone),
    provider: text(wallet.provider),
  }
  const charge = charges.take(request, sticky, persona.step === 'send_otp' ? 'awaits_customer' : undefined)
  if (charge.awaitsCustomer && persona.otpWithinMs !== null)
    clock.after(persona.otpWithinMs, async () => {
      if (charge.awaitsCustomer) charges.cancel(charge, 'Customer did not enter the code in time')
    })
  return stepOf(charge, persona)
}

/** What the answer to a charge says is to be done next. */
const stepOf = (charge: Charge<PaystackPersona>, { step, failure }: PaystackPersona): Reply => {
  const { reference } = charge.request
  switch (step) {
    case 'pay_offline':
    case 'send_otp':
      return chargeAttempted({ reference, status: step, display_text: DISPLAY[step] })
    case 'open_url':
      return chargeAttempted({ reference, status: step, url: `https://standard.paystack.co/pay/${reference}` })
    case 'pending':
      return json(200, { status: true, message: 'Reference check successful', data: { reference, status: 'pending' } })
    case 'success':
      return chargeAttempted({ reference, status: 'success', gateway_response: 'Approved', channel: 'mobile_money' })
    case 'failed':
      return chargeAttempted({ reference, status: 'failed', message: failure ?? 'Declined' })
  }
}

const submitOtp = (
  { charges }: World<PaystackPersona>,
  arrived: Arrived,
  { otp: expected, wrongOtp }: PaystackPersona,
): Reply => {
  const { otp, reference } = bodyOf(arrived)
  const charge = charges.find(text(reference))
  if (!charge) return notFound()
  const { reference: known } = charge.request
  if (charge.state === 'failed')
    return chargeAttempted({ reference: known, status: 'failed', message: charge.reason ?? 'Declined' })
  if (text(otp) !== expected)
    return wrongOtp === 'send_otp'
      ? chargeAttempted({ reference: known, status: 'send_otp', display_text: DISPLAY.send_otp })
      : problem(400, 'Provided registration token is invalid', 'invalid_otp', 'Ask the customer for the code')
  charges.proceed(charge)
  return chargeAttempted({ reference: known, status: 'pay_offline', display_text: DISPLAY.pay_offline })
}

export const routeCalls =
  (secretKey: string) =>
  (world: World<PaystackPersona>, arrived: Arrived): Call<PaystackPersona> => {
    const guarded = (answer: () => Reply): Reply =>
      arrived.headers['authorization'] === `Bearer ${secretKey}` ? answer() : invalidKey()
    const { charges, clock } = world
    const [, reference = ''] = /^\/(?:transaction\/verify|charge)\/([^/]+)$/.exec(arrived.path) ?? []
    if (arrived.method === 'POST' && arrived.path === '/charge') {
      const body = bodyOf(arrived) as ChargeBody
      const msisdn = text(body.mobile_money?.phone)
      return {
        kind: 'create',
        msisdn,
        answer: (persona, sticky) => guarded(() => create(world, body, persona, sticky)),
      }
    }
    if (arrived.method === 'POST' && arrived.path === '/charge/submit_otp') {
      const charge = charges.find(text(bodyOf(arrived)['reference']))
      return {
        kind: 'otp',
        charge,
        answer: (persona) => guarded(() => submitOtp(world, arrived, persona)),
      }
    }
    if (arrived.method === 'GET' && reference) {
      const charge = charges.find(decodeURIComponent(reference))
      return {
        kind: 'status',
        charge,
        answer: (persona) =>
          guarded(() =>
            charge && clock.nowMs() - charge.createdMs >= persona.statusNotFoundForMs
              ? verified(charge, persona)
              : notFound(),
          ),
      }
    }
    return { kind: 'other', answer: () => json(404, { status: false, message: 'Route not found' }) }
  }
