import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Merchant, startMerchant } from './fixture.ts'

let merchant: Merchant
beforeEach(async () => {
  merchant = await startMerchant()
})
afterEach(() => merchant.close())

describe('what becomes of a deposit', () => {
  it('T23: FAILED, then COMPLETED ten minutes later; or silence, then COMPLETED', async () => {
    merchant.pawapay.persona({ lateSuccess: { afterMs: 600_000 } })
    const failing = await merchant.pay()
    const stuck = await merchant.pay({ phoneNumber: '260763456129' })
    await merchant.pawapay.advance(1_000)
    expect([await merchant.statusOf(failing.depositId), await merchant.statusOf(stuck.depositId)]).toEqual([
      'FAILED',
      'PROCESSING',
    ])
    expect(merchant.pawapay.captures()).toEqual([])
    await merchant.pawapay.advance(600_000)
    expect([await merchant.statusOf(failing.depositId), await merchant.statusOf(stuck.depositId)]).toEqual([
      'COMPLETED',
      'COMPLETED',
    ])
    expect([merchant.captured(failing.depositId), merchant.captured(stuck.depositId)]).toEqual([1, 1])
    expect(merchant.seen().toSorted()).toEqual(
      [
        [failing.depositId, 'FAILED'],
        [failing.depositId, 'COMPLETED'],
        [stuck.depositId, 'COMPLETED'],
      ].toSorted(),
    )
  })

  it('IN_RECONCILIATION for an hour', async () => {
    merchant.pawapay.persona({ inReconciliationMs: 3_600_000 })
    const { depositId } = await merchant.pay()
    await merchant.pawapay.advance(3_500_000)
    expect(await merchant.statusOf(depositId)).toBe('IN_RECONCILIATION')
    await merchant.pawapay.advance(200_000)
    expect([await merchant.statusOf(depositId), merchant.captured(depositId)]).toEqual(['COMPLETED', 1])
  })

  it('T21: not found right after creation', async () => {
    merchant.pawapay.persona({ statusNotFoundForMs: 20_000 })
    const { depositId } = await merchant.pay()
    await merchant.pawapay.advance(1_000)
    expect([await merchant.statusOf(depositId), merchant.captured(depositId)]).toEqual(['NOT_FOUND', 1])
    await merchant.pawapay.advance(20_000)
    expect(await merchant.statusOf(depositId)).toBe('COMPLETED')
  })

  it('T22, T30: status questions fail, or answer with an unknown word', async () => {
    const { depositId } = await merchant.pay()
    merchant.pawapay.persona({ statusDown: true })
    expect(await merchant.call(`/v2/deposits/${depositId}`)).toMatchObject({ status: 503, body: undefined })
    merchant.pawapay.persona({ statusDown: false, unknownStatus: 'SUCCES' })
    expect(await merchant.statusOf(depositId)).toBe('SUCCES')
    await merchant.pawapay.advance(1_000)
    expect(merchant.seen()).toEqual([[depositId, 'SUCCES']])
  })

  it('amnesia: after a day the id is new again, and charged again', async () => {
    merchant.pawapay.persona({ amnesia: { afterMs: 24 * 3_600_000 } })
    const { depositId } = await merchant.pay()
    expect((await merchant.pay({ depositId })).answer).toMatchObject({ body: { status: 'DUPLICATE_IGNORED' } })
    await merchant.pawapay.advance(24 * 3_600_000)
    expect(await merchant.statusOf(depositId)).toBe('NOT_FOUND')
    expect((await merchant.pay({ depositId })).answer).toMatchObject({ body: { status: 'ACCEPTED' } })
    await merchant.pawapay.advance(1_000)
    expect(merchant.captured(depositId)).toBe(2)
  })

  it('the account may not take deposits; the keys cannot be had', async () => {
    merchant.pawapay.persona({ depositsNotAllowed: true, publicKeysDown: true })
    const { answer } = await merchant.pay()
    expect(answer).toMatchObject({ status: 403, body: { failureReason: { failureCode: 'DEPOSITS_NOT_ALLOWED' } } })
    expect((await merchant.call('/v2/public-key/http')).status).toBe(503)
  })
})

describe('callbacks', () => {
  it('T37: ten copies; none; unsigned', async () => {
    merchant.pawapay.persona({ duplicateCallbacks: 10 })
    await merchant.pay()
    await merchant.pawapay.advance(1_000)
    expect(merchant.received).toHaveLength(10)
    merchant.pawapay.persona({ duplicateCallbacks: 0, withholdCallbacks: true })
    const { depositId } = await merchant.pay()
    await merchant.pawapay.advance(3_600_000)
    expect([merchant.received.length, merchant.captured(depositId)]).toEqual([10, 1])
    merchant.pawapay.persona({ withholdCallbacks: false, unsignedCallbacks: true })
    await merchant.pay()
    await merchant.pawapay.advance(1_000)
    expect(merchant.received.at(-1)?.headers).not.toHaveProperty('signature')
    expect(merchant.pawapay.callbacks().at(-1)).toMatchObject({ signed: false, status: 200 })
  })

  it('T39: out of order: COMPLETED arrives before the FAILED that came first', async () => {
    merchant.pawapay.persona({ reorderCallbacks: true, lateSuccess: { afterMs: 30_000 } })
    const { depositId } = await merchant.pay()
    await merchant.pawapay.advance(31_000)
    expect(merchant.seen()).toEqual([
      [depositId, 'COMPLETED'],
      [depositId, 'FAILED'],
    ])
    merchant.pawapay.persona({ lateSuccess: null })
    const alone = await merchant.pay({ phoneNumber: '260763456039' })
    await merchant.pawapay.advance(20_000)
    expect(merchant.seen()).toHaveLength(2)
    await merchant.pawapay.advance(60_000)
    expect(merchant.seen().slice(2)).toEqual([[alone.depositId, 'FAILED']])
  })

  it('T28, T29: four decimals, another amount, another currency, a skewed clock', async () => {
    merchant.pawapay.persona({ amountDecimals: 'four', skewMs: -600_000 })
    await merchant.pay({ phoneNumber: '250783456789', provider: 'MTN_MOMO_RWA', currency: 'RWF', amount: '1000' })
    await merchant.pawapay.advance(1_000)
    expect(merchant.received[0]?.json).toMatchObject({ amount: '1000.0000', currency: 'RWF' })
    const created = Number(/created=(\d+)/.exec(merchant.received[0]?.headers['signature-input'] ?? '')?.[1])
    expect(Math.abs(Date.now() / 1_000 - 600 - created)).toBeLessThan(5)
    merchant.pawapay.persona({ reset: true, amountInCallback: '1.00', currencyInCallback: 'USD' })
    const { depositId } = await merchant.pay()
    await merchant.pawapay.advance(1_000)
    expect(merchant.received[1]?.json).toMatchObject({ amount: '1.00', currency: 'USD' })
    expect((await merchant.status(depositId)).data).toMatchObject({ amount: '15.50', currency: 'ZMW' })
  })
})

describe('whom a persona is for', () => {
  it('the next two initiations, and what follows from them', async () => {
    merchant.pawapay.persona({ next: 2, withholdCallbacks: true, unknownStatus: 'ODD' })
    const [first, second, third] = [await merchant.pay(), await merchant.pay(), await merchant.pay()]
    await merchant.pawapay.advance(1_000)
    expect(merchant.seen()).toEqual([[third.depositId, 'COMPLETED']])
    expect([await merchant.statusOf(first.depositId), await merchant.statusOf(second.depositId)]).toEqual([
      'ODD',
      'ODD',
    ])
  })

  it('one customer', async () => {
    merchant.pawapay.persona({ msisdn: '260763456788', status5xx: 'before' })
    expect((await merchant.pay({ phoneNumber: '260763456788' })).answer).toMatchObject({ status: 500 })
    expect((await merchant.pay()).answer).toMatchObject({ status: 200 })
  })

  it('over HTTP; an unknown name is an error; reset forgets everything', async () => {
    expect((await merchant.post('/_sim/persona', { latencyMs: 1, status5xx: 'before' })).body).toMatchObject({
      latencyMs: 1,
      status5xx: 'before',
    })
    expect((await merchant.post('/_sim/persona', { latency: 1 })).status).toBe(400)
    expect((await merchant.post('/_sim/persona', '[]')).status).toBe(400)
    expect((await merchant.pay()).answer).toMatchObject({ status: 500 })
    expect((await merchant.post('/_sim/persona', { status5xx: null })).body.status5xx).toBe(false)
    await merchant.pay()
    expect((await merchant.post('/_sim/clock', { advanceMs: 1_000 })).status).toBe(200)
    const [requests, captures, callbacks] = await Promise.all(
      ['requests', 'captures', 'callbacks'].map(async (what) => (await merchant.call(`/_sim/${what}`)).body),
    )
    expect([requests.length, captures.length, callbacks.length]).toEqual([2, 1, 1])
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/v2/deposits', status: 500 })
    expect(JSON.stringify(requests)).not.toContain('test-token')
    expect(requests[0].rawHeaders).toContainEqual(['authorization', 'Bearer ***'])
    expect((await merchant.post('/_sim/reset', {})).status).toBe(200)
    for (const what of ['requests', 'captures', 'callbacks']) {
      expect((await merchant.call(`/_sim/${what}`)).body).toEqual([])
    }
    expect((await merchant.call('/_sim/nothing')).status).toBe(404)
  })
})
