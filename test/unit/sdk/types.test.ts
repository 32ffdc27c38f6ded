import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type {
  CheckoutRequest,
  EventType,
  Fulfilment,
  fulfilOnce,
  Lango,
  LangoError,
  Payment,
  PaymentRequest,
  Result,
  StillOpen,
  WebhookEvent,
} from '../../../packages/sdk/src/index.ts'
import type { PaymentEventType } from '../../../src/contracts/events.ts'
import type { PaymentView } from '../../../src/domain/payment.ts'

it('the types are of docs/openapi.json', () => {
  // Fails with the command to run.
  execFileSync(process.execPath, ['scripts/sdk-types.ts', '--check'])
})

describe('what tsc checks', () => {
  it('a payment is what the edge shows', () => {
    expectTypeOf<PaymentView>().toExtend<Payment>()
    expectTypeOf<Payment['status']>().toEqualTypeOf<PaymentView['status']>()
    expectTypeOf<PaymentRequest['amount']>().toEqualTypeOf<string>()
    expectTypeOf<{ invoice: string; amount: string; currency: string }>().toExtend<CheckoutRequest>()
  })

  it('calls answer with values or errors of one union', () => {
    type Created = Awaited<ReturnType<Lango['payments']['create']>>
    expectTypeOf<Created>().toEqualTypeOf<Result<Payment, LangoError>>()
    expectTypeOf<Extract<Created, { ok: false }>['error']['reason']>().toEqualTypeOf<LangoError['reason']>()
    type Waited = Awaited<ReturnType<Lango['waitForPayment']>>
    expectTypeOf<Waited>().toEqualTypeOf<Result<Payment, LangoError | StillOpen>>()
    expectTypeOf<Extract<LangoError, { reason: 'payment_rejected' }>['paymentId']>().toEqualTypeOf<string>()
  })

  it('every event that may be sent is one of the union', () => {
    expectTypeOf<WebhookEvent['type']>().toEqualTypeOf<EventType>()
    expectTypeOf<Extract<WebhookEvent, { type: PaymentEventType }>['data']['amount']>().toEqualTypeOf<string>()
    expectTypeOf<Awaited<ReturnType<typeof fulfilOnce>>>().toEqualTypeOf<Fulfilment>()
  })
})

it('every code that the API describes has a place in the union', () => {
  // Those that a right call of this SDK never meets end as `unexpected`, with their code.
  const UNMET = ['method_not_allowed', 'unsupported_media_type', 'body_too_large']
  const document = readFileSync('docs/openapi.json', 'utf8')
  const codes = new Set(
    [...document.matchAll(/"code": \{\s*"enum": \[([^\]]*)\]/g)].flatMap(([, list = '']) => list.match(/\w+/g) ?? []),
  )
  expect(codes.size).toBeGreaterThan(10)
  const source = readFileSync('packages/sdk/src/errors.ts', 'utf8')
  const byStatus = [
    'key_scope',
    'origin_not_allowed',
    'rate_limited',
    'core_sealed',
    'no_route',
    'unavailable',
    'internal',
  ]
  const homeless = [...codes].filter(
    (code) => !source.includes(`case '${code}'`) && !byStatus.includes(code) && !UNMET.includes(code),
  )
  expect(homeless).toEqual([])
})
