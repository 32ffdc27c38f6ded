import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createLango, memoryKeyStore, type PaymentRequest } from '../../../packages/sdk/src/index.ts'
import { decideBegin } from '../../../src/consumer/begin-decision.ts'
import { recordOf } from '../../../src/consumer/begin-record.ts'
import type { KeyRow, PaymentRecord } from '../../../src/consumer/payment-record.ts'
import { createDecideCore } from '../../../src/core/decide.ts'
import type { Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import { beginInput, MERCHANT } from '../../flows/fakes.ts'
import { json, problem, request } from './server.ts'

const CORE_DIR = process.env['LANGO_CORE_DIR'] ?? 'src/core/generated'
const core = createDecideCore(new WebAssembly.Module(readFileSync(`${CORE_DIR}/decide.wasm`)))
const REFERENCE_KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
const NOW = 1_790_000_000_000

const A = request
const B = { ...request, phoneNumber: '260763456780' } as const

/** What the payment object answers, by its own rules, and every charge that it would have had sent. */
const gateway = () => {
  const records = new Map<PaymentId, PaymentRecord>()
  const keys = new Map<string, KeyRow>()
  const charges: { readonly id: PaymentId; readonly n: number; readonly phoneNumber: string }[] = []
  let asked = 0
  let paid = 0

  const viewOf = (id: PaymentId): Response => {
    const record = records.get(id)
    if (!record) return problem(404, 'not_found')
    const { status, attempts } = record.state
    return json(200, { id, invoice: record.invoice ?? undefined, status, attempts, updatedAt: String(asked) })
  }
  const begin = (wanted: PaymentRequest, key: string): Response => {
    asked++
    const natural =
      wanted.invoice === undefined || wanted.allowRepeat
        ? ({ kind: 'idempotency_key', value: key } as const)
        : ({ kind: 'invoice', value: wanted.invoice } as const)
    const id = core.paymentId(MERCHANT, 'test', natural)
    const { invoice = '', amount, phoneNumber } = wanted
    const input = beginInput({
      paymentId: id,
      natural,
      invoice,
      amountMinor: amount.replace('.', ''),
      phoneNumber: phoneNumber as Msisdn,
      keyHash: key,
      fingerprint: { invoice, amount, currency: wanted.currency, phoneNumber },
    })
    const before = records.get(id) ?? null
    const decision = decideBegin(core, REFERENCE_KEY, before, keys.get(key) ?? null, input, NOW)
    switch (decision.kind) {
      case 'mismatch':
        return problem(422, 'idempotency_mismatch', { field: decision.field })
      case 'conflict':
        return problem(422, 'invoice_conflict', { field: decision.field })
      case 'existing':
        if (decision.joins && before)
          keys.set(key, { attempt: before.state.attempts.length, fingerprint: input.fingerprint })
        return viewOf(id)
      case 'attempt':
        records.set(id, recordOf(input, decision.state, null, before))
        keys.set(key, { attempt: decision.n, fingerprint: input.fingerprint })
        charges.push({ id, n: decision.n, phoneNumber })
        return viewOf(id)
      default:
        throw new Error(decision.kind)
    }
  }
  return {
    charges,
    paid: () => paid,
    requests: () => asked,
    /** The customer's answer to the last charge, if it is still open. */
    settle: (outcome: 'succeeded' | 'failed') => {
      const { id, n } = charges.at(-1) ?? {}
      const record = id && records.get(id)
      if (!id || !n || !record || record.state.status !== 'pending') return
      const { amountMinor, currency } = record.state
      const told = core.step(record.state, {
        type: 'told',
        n,
        outcome,
        failureCode: outcome === 'failed' ? 'PAYMENT_NOT_APPROVED' : null,
        amountMinor,
        currency,
        providerTransactionId: null,
        source: 'poll',
        nowMs: NOW,
      })
      if (!told.ok) throw new Error(told.code)
      records.set(id, { ...record, state: told.state })
      if (outcome === 'succeeded') paid++
    },
    fetch: (lose: () => boolean) => async (url: Parameters<typeof fetch>[0], init?: RequestInit) => {
      const key = new Headers(init?.headers).get('idempotency-key')
      const said = key ? begin(JSON.parse(String(init?.body)), key) : viewOf(String(url).split('/').at(-1) as PaymentId)
      if (lose()) throw new TypeError('fetch failed')
      return said
    },
  }
}

/** A shop whose processes come and go, with one store: the answer to a call of `losing` never arrives. */
const shop = () => {
  const at = gateway()
  const keys = memoryKeyStore()
  const client = (lose: () => boolean) =>
    createLango({ apiKey: 'sk_test_1', baseUrl: 'https://pay.example.com', retries: 0, keys, fetch: at.fetch(lose) })
  return { at, lango: client(() => false), losing: client(() => true), client }
}

describe('another number, after the answer to the first was lost', () => {
  it('waits for the first payment, and is the next attempt once that has failed', async () => {
    const { at, lango, losing } = shop()
    expect(await losing.payments.create(A)).toMatchObject({ error: { reason: 'no_answer' } })
    for (let n = 0; n < 2; n++)
      expect(await lango.payments.create(B)).toMatchObject({
        error: { reason: 'invoice_conflict', field: 'phoneNumber' },
      })
    expect(at.charges).toHaveLength(1)
    at.settle('failed')
    expect(await lango.payments.get(String(at.charges[0]?.id))).toMatchObject({ value: { status: 'failed' } })
    expect(await lango.payments.create(B)).toMatchObject({ ok: true, value: { status: 'pending' } })
    expect(await lango.payments.create(B)).toMatchObject({ ok: true, value: { status: 'pending' } })
    expect(at.charges.map(({ n, phoneNumber }) => [n, phoneNumber])).toEqual([
      [1, A.phoneNumber],
      [2, B.phoneNumber],
    ])
  })

  it('charges nobody when the first was paid', async () => {
    const { at, lango, losing } = shop()
    await losing.payments.create(A)
    at.settle('succeeded')
    expect(await lango.payments.create(B)).toMatchObject({ error: { reason: 'invoice_conflict' } })
    expect(await lango.payments.create(A)).toMatchObject({ ok: true, value: { status: 'succeeded' } })
    expect(at.charges).toHaveLength(1)
  })

  it('is charged once when its own answer is lost too', async () => {
    const { at, lango, losing, client } = shop()
    await losing.payments.create(A)
    at.settle('failed')
    // The mismatch arrives, the answer to the new key does not.
    let answers = 0
    await client(() => answers++ > 0).payments.create(B)
    expect(at.charges).toHaveLength(2)
    for (let n = 0; n < 2; n++) {
      await losing.payments.create(B)
      expect(await lango.payments.create(B)).toMatchObject({ ok: true, value: { status: 'pending' } })
    }
    expect(at.charges).toHaveLength(2)
  })

  it('leaves the first what it was: called again, it tells that it failed, and charges nobody', async () => {
    const { at, lango, losing } = shop()
    await losing.payments.create(A)
    await lango.payments.create(B)
    at.settle('failed')
    expect(await lango.payments.create(A)).toMatchObject({ ok: true, value: { status: 'failed' } })
    expect(at.charges).toHaveLength(1)
    expect(await lango.payments.create(A)).toMatchObject({ ok: true, value: { status: 'pending' } })
    expect(at.charges).toHaveLength(2)
  })

  it('another amount is told as such, and charges nobody', async () => {
    const { at, lango, losing } = shop()
    await losing.payments.create(A)
    for (const outcome of ['failed', 'succeeded'] as const) {
      expect(await lango.payments.create({ ...A, amount: '11.00' })).toMatchObject({
        error: { reason: 'invoice_conflict', field: 'amount' },
      })
      at.settle(outcome)
    }
    expect(at.charges).toHaveLength(1)
  })

  it.each([
    ['with allowRepeat', { ...A, allowRepeat: true }],
    ['without an invoice', { ...A, invoice: undefined }],
    ['with a key of the caller', A],
  ])('%s: the key stands, and nothing is sent under another', async (_, first) => {
    const { at, lango, losing } = shop()
    const options = { idempotencyKey: 'donation-81' }
    await losing.payments.create(first as PaymentRequest, options)
    const second = { ...first, phoneNumber: B.phoneNumber } as PaymentRequest
    for (const outcome of ['failed', 'succeeded'] as const) {
      expect(await lango.payments.create(second, options)).toMatchObject({
        error: { reason: 'idempotency_mismatch', field: 'phoneNumber' },
      })
      at.settle(outcome)
    }
    expect([at.charges.length, at.requests()]).toEqual([1, 3])
  })

  it('whatever is lost and whoever asks: never two open or paid, and no number is locked out', async () => {
    for (let seed = 1; seed <= 300; seed++) {
      let x = seed
      const dice = (sides: number): number => {
        x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0
        return (x >>> 16) % sides
      }
      const { at, lango, client } = shop()
      const flaky = client(() => dice(3) === 0)
      let settled = 0
      for (let step = 0; step < 25; step++) {
        const before = at.charges.length
        const isPaid = at.paid() > 0
        const what = dice(8)
        if (what < 2) {
          at.settle(dice(4) === 0 ? 'succeeded' : 'failed')
          settled = at.charges.length
        } else if (what === 2) {
          await flaky.payments.get(at.charges[0]?.id ?? '-')
        } else if (what === 3) {
          await Promise.all([flaky.payments.create(A), flaky.payments.create(B)])
        } else {
          const answer = await flaky.payments.create(dice(2) === 0 ? A : B)
          expect([seed, step, answer]).not.toMatchObject([seed, step, { error: { reason: 'idempotency_mismatch' } }])
        }
        const most = settled === before && !isPaid ? 1 : 0
        expect([seed, step, at.charges.length - before <= most]).toEqual([seed, step, true])
      }
      at.settle('failed')
      if (at.paid() > 0) continue
      // At the latest when its own loss has been told, either number is charged.
      const { phoneNumber } = at.charges.at(-1) ?? A
      const other = phoneNumber === A.phoneNumber ? B : A
      const first = await lango.payments.create(other)
      if (first.ok && first.value.status === 'failed') await lango.payments.create(other)
      expect([seed, at.charges.at(-1)?.phoneNumber]).toEqual([seed, other.phoneNumber])
    }
  })
})
