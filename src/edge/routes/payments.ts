import { Hono } from 'hono'
import type { PaymentError } from '../../domain/errors.ts'
import { parsePaymentId } from '../../domain/ids.ts'
import { err, ok, type Result } from '../../domain/result.ts'
import { readDecisions } from '../../flows/read-decisions.ts'
import { readPayment } from '../../flows/read-payment.ts'
import { checkWish, type ResolvedDeposit, resolveDeposit } from '../../flows/resolve-deposit.ts'
import type { StartedPayment } from '../../flows/start-payment.ts'
import { secretKey } from '../api-key.ts'
import { beginPayment } from '../begin-payment.ts'
import { type EdgeContext, type EdgeEnv, fail } from '../context.ts'
import { decisionView } from '../decision-view.ts'
import type { EdgeDeps } from '../deps.ts'
import { handOnOtp } from '../hand-on-otp.ts'
import { paymentPorts } from '../ports.ts'
import { readJson } from '../request/body.ts'
import { readIdempotencyKey } from '../request/idempotency-key.ts'
import { readIntent } from '../request/intent.ts'
import { checkOtpRequest } from '../request/otp-request.ts'
import { checkPaymentRequest, type PaymentRequest } from '../request/payment-request.ts'
import { readWait } from '../request/prefer.ts'

/** `wishedProvider`: as the shop named it. What we predict may change between two tries of one request. */
type Order = PaymentRequest & ResolvedDeposit & { readonly wishedProvider: string }

const readOrder = async (deps: EdgeDeps, input: unknown): Promise<Result<Order, PaymentError>> => {
  const { fields, errors } = checkPaymentRequest(input)
  if (errors.length > 0)
    return err({ reason: 'invalid_request', errors: [...errors, ...checkWish(deps.decide, fields)] })
  const resolved = await resolveDeposit(
    { decide: deps.decide, predictProvider: (phoneNumber) => deps.vault.predictProvider(phoneNumber) },
    fields,
  )
  return resolved.ok
    ? ok({ ...(fields as PaymentRequest), ...resolved.value, wishedProvider: fields.provider ?? '' })
    : resolved
}

/** 201 accepted · 202 open (poll again in 2 s) · 200 over. A repetition says so in `Idempotent-Replayed`. */
const answer = (c: EdgeContext, started: StartedPayment): Response => {
  const headers = { 'Cache-Control': 'no-store', Location: `/v1/payments/${started.view.id}` }
  switch (started.kind) {
    case 'accepted':
      return c.json(started.view, 201, headers)
    case 'open':
      return c.json(started.view, 202, {
        ...headers,
        'Retry-After': '2',
        ...(started.replayed ? { 'Idempotent-Replayed': 'true' } : {}),
      })
    case 'final':
      return c.json(started.view, 200, { ...headers, 'Idempotent-Replayed': 'true' })
  }
}

export const paymentRoutes = (deps: EdgeDeps) =>
  new Hono<EdgeEnv>()
    // Retry rule: any answer but 4xx may be met with the same request and the same key; it cannot charge twice.
    .post('/', secretKey(deps), async (c) => {
      const key = readIdempotencyKey(c.req.raw.headers)
      if (!key.ok) return fail(c, { reason: 'invalid_request', errors: [key.error] })
      if (key.value === null) return fail(c, { reason: 'missing_idempotency_key' })
      const intent = readIntent(c.req.header('Lango-Intent') ?? null)
      if (!intent.ok) return fail(c, { reason: 'invalid_request', errors: [intent.error] })
      const json = await readJson(c.req.raw)
      if (!json.ok) return fail(c, json.error)
      const order = await readOrder(deps, json.value)
      if (!order.ok) return fail(c, order.error)

      const { merchantId, mode } = c.get('holder')
      const { amount: _, ...wanted } = order.value
      const { waitMs, applied } = readWait(c.req.header('Prefer') ?? null)
      if (applied) c.header('Preference-Applied', applied)
      const started = await beginPayment(deps, c, {
        ...wanted,
        merchantId,
        mode,
        idempotencyKey: key.value,
        ...(intent.value === null ? {} : { intent: intent.value }),
        waitMs,
      })
      return started.ok ? answer(c, started.value) : fail(c, started.error)
    })
    .get('/:id', secretKey(deps), async (c) => {
      const { merchantId, mode } = c.get('holder')
      const paymentId = parsePaymentId(c.req.param('id'))
      if (!paymentId) return fail(c, { reason: 'not_found' })
      c.set('paymentId', paymentId)
      const view = await readPayment(paymentPorts(deps, c), { merchantId, mode, paymentId })
      return view.ok ? c.json(view.value, 200, { 'Cache-Control': 'no-store' }) : fail(c, view.error)
    })
    // Retry rule: as of a payment, and the code is its own key.
    .post('/:id/otp', secretKey(deps), async (c) => {
      const { merchantId, mode } = c.get('holder')
      const paymentId = parsePaymentId(c.req.param('id'))
      if (!paymentId) return fail(c, { reason: 'not_found' })
      c.set('paymentId', paymentId)
      const json = await readJson(c.req.raw)
      if (!json.ok) return fail(c, json.error)
      const { fields, errors } = checkOtpRequest(json.value)
      if (errors.length > 0 || fields.otp === undefined) return fail(c, { reason: 'invalid_request', errors })
      const { waitMs, applied } = readWait(c.req.header('Prefer') ?? null)
      if (applied) c.header('Preference-Applied', applied)
      const handed = await handOnOtp(deps, c, { merchantId, mode, paymentId }, fields.otp, waitMs)
      if (!handed.ok) return fail(c, handed.error)
      const { kind, view } = handed.value
      const headers = { 'Cache-Control': 'no-store' }
      return kind === 'accepted' ? c.json(view, 200, headers) : c.json(view, 202, { ...headers, 'Retry-After': '2' })
    })
    .get('/:id/decisions', secretKey(deps), async (c) => {
      const { merchantId, mode } = c.get('holder')
      const paymentId = parsePaymentId(c.req.param('id'))
      if (!paymentId) return fail(c, { reason: 'not_found' })
      c.set('paymentId', paymentId)
      const found = await readDecisions(paymentPorts(deps, c), { merchantId, mode, paymentId })
      if (!found.ok) return fail(c, found.error)
      return c.json({ decisions: found.value.map(decisionView) }, 200, { 'Cache-Control': 'no-store' })
    })
