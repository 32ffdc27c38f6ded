import { describe, expect, it } from 'vitest'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import type { Msisdn } from '../../../src/domain/ids.ts'
import { again, begin, events, eventually, order, PHONE, read, stubOf, vault, viewIn } from './kit.ts'

const rejected = { kind: 'rejected', code: 'INSUFFICIENT_BALANCE' } as const

describe('begin', () => {
  it('sends once, records the outcome and answers with the payment', async () => {
    const input = order()
    const answer = await begin(input)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'accepted', snapshot: { final: false, ttlMs: 2000 } })
    expect(viewIn(answer)).toMatchObject({
      id: input.paymentId,
      status: 'pending',
      amount: '15.50',
      phoneNumber: '2607••••6789',
      refundedAmount: '0.00',
      attempts: [{ n: 1, status: 'pending' }],
      fulfilment: { status: 'none' },
    })
    const { sends } = await vault.calls(input.paymentId)
    expect(sends).toHaveLength(1)
    expect(sends[0]).toMatchObject({ phoneNumber: PHONE, amountMinor: '1550', attempt: 1, invoice: input.invoice })
    expect(sends[0]?.reference).toBe(viewIn(answer).attempts[0]?.reference)
    expect(await events(input.paymentId)).toEqual(['begin', 'sent', 'accepted'])
  })

  it('T02: the same request again is the same payment, and nothing is sent', async () => {
    const input = order()
    const first = await begin(input)
    const second = await begin(input)
    expect(second).toMatchObject({ kind: 'existing', refused: false })
    expect(viewIn(second)).toEqual(viewIn(first))
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
  })

  it('T02: 50 at once make one attempt; one of them started it', async () => {
    const input = order()
    await vault.play(input.paymentId, { sendDelayMs: 100 })
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => begin(i % 2 ? input : again(input, { sessionId: `session-${i}` }))),
    )
    expect(answers.filter(({ kind }) => kind === 'started')).toHaveLength(1)
    expect(answers.filter(({ kind }) => kind === 'existing')).toHaveLength(49)
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
  })

  it('T61: a caller who does not wait changes nothing', async () => {
    const input = order({ waitMs: 0 })
    await vault.play(input.paymentId, { sendDelayMs: 300 })
    const answer = await begin(input)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'in_flight' })
    expect(viewIn(answer).status).toBe('pending')
    await expect.poll(() => events(input.paymentId)).toEqual(['begin', 'sent', 'accepted'])
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
  })

  it('answers at the deadline while the call goes on', async () => {
    const input = order({ waitMs: 150 })
    await vault.play(input.paymentId, { sendDelayMs: 2_000, send: rejected })
    const from = Date.now()
    expect(await begin(input)).toMatchObject({ outcome: 'in_flight' })
    expect(Date.now() - from).toBeGreaterThanOrEqual(140)
    await expect.poll(async () => (await read(input.paymentId))?.status).toBe('failed')
  })

  it('stores no full phone number', async () => {
    const input = order()
    await begin(input)
    const { runInDurableObject } = await import('cloudflare:test')
    const text = await runInDurableObject(stubOf(input.paymentId), (_, { storage }) =>
      ['payment', 'idempotency_keys', 'outbox', 'history']
        .map((table) => JSON.stringify(storage.sql.exec(`SELECT * FROM ${table}`).toArray()))
        .join()
        // The tests' own fingerprint holds it; the edge's is a keyed hash.
        .replaceAll(`\\"phoneNumber\\":\\"${PHONE}\\"`, ''),
    )
    expect(text).toContain('2607••••6789')
    expect(text).not.toContain(PHONE)
  })

  it('asking for a payment that is not there creates nothing', async () => {
    const input = order()
    expect(await stubOf(input.paymentId).get()).toBeNull()
    expect(await stubOf(input.paymentId).due()).toBeNull()
    expect(await stubOf(input.paymentId).keep({ v: 1, kind: 'callback', body: '{}', dedupId: 'x' })).toBe(false)
    const { runInDurableObject } = await import('cloudflare:test')
    const tables = await runInDurableObject(stubOf(input.paymentId), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'payment'").toArray(),
    )
    expect(tables).toEqual([])
  })
})

describe('outcomes of the send', () => {
  it('rejected is final, sealed, and replayed as refused for its own key only', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: rejected })
    const answer = await begin(input)
    expect(answer).toMatchObject({
      kind: 'started',
      outcome: 'rejected',
      snapshot: { final: true, ttlMs: 10_000, seal: { kid: '1' } },
    })
    expect(viewIn(answer)).toMatchObject({
      status: 'failed',
      failure: { code: 'INSUFFICIENT_BALANCE', message: 'There is not enough money in the wallet.' },
    })
    expect(await begin(input)).toMatchObject({ kind: 'existing', refused: true })
  })

  it('after a failure another key begins attempt 2, with another number and reference', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: rejected })
    await begin(input)
    await vault.play(input.paymentId, { send: { kind: 'accepted' } })
    const other = again(input, { phoneNumber: '260971234567' as Msisdn, provider: 'AIRTEL_OAPI_ZMB' })
    const answer = await begin(other)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'accepted' })
    const view = viewIn(answer)
    expect(view).toMatchObject({ phoneNumber: '2609••••4567', provider: 'AIRTEL_OAPI_ZMB', status: 'pending' })
    expect(view.attempts.map(({ n, status }) => [n, status])).toEqual([
      [1, 'failed'],
      [2, 'pending'],
    ])
    expect(view.attempts[0]?.reference).not.toBe(view.attempts[1]?.reference)
    // Of the first key's refusal nobody is told any more, now that money may be taken: the state of today is.
    expect(await begin(input)).toMatchObject({ kind: 'existing', refused: false })
  })

  it('I7: unknown is not a failure, and no second attempt', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'unknown', reason: 'timeout' } })
    expect(await begin(input)).toMatchObject({ kind: 'started', outcome: 'unknown' })
    expect((await read(input.paymentId))?.status).toBe('unknown')
    expect(await begin(again(input))).toMatchObject({ kind: 'existing', refused: false })
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
  })

  it('a broken connection to the vault is unknown too', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: 'throw' })
    expect(await begin(input)).toMatchObject({ kind: 'started', outcome: 'unknown' })
  })

  it('I12: not sent leaves no payment and no key behind, however often it is tried', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'not_sent', code: 'E1001' } })
    for (let i = 0; i < 3; i++) expect(await begin(input)).toEqual({ kind: 'sealed', code: 'E1001' })
    expect(await stubOf(input.paymentId).get()).toBeNull()
    await vault.play(input.paymentId, {})
    const answer = await begin(input)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'accepted' })
    expect(viewIn(answer).attempts.map(({ n }) => n)).toEqual([1])
  })

  it('not sent after a real attempt keeps that attempt, and the key may be used again', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: rejected })
    await begin(input)
    await vault.play(input.paymentId, { send: { kind: 'not_sent', code: 'E1001' } })
    const second = again(input)
    expect(await begin(second)).toEqual({ kind: 'sealed', code: 'E1001' })
    expect(await read(input.paymentId)).toMatchObject({ status: 'failed' })
    expect(await begin(input)).toMatchObject({ kind: 'existing', refused: true })
    await vault.play(input.paymentId, {})
    expect(await begin(second)).toMatchObject({ kind: 'started', outcome: 'accepted' })
  })

  it('what the policy refuses is over, in the words of its rule; the next attempt is a new one', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'policy_country' } })
    expect(await begin(input)).toMatchObject({ kind: 'started', outcome: 'rejected' })
    expect(await read(input.paymentId)).toMatchObject({
      status: 'failed',
      failure: { message: 'This shop takes no payments from this country. Nothing was sent.' },
      attempts: [{ n: 1, status: 'failed', failureCode: 'policy_country' }],
    })
    expect(await begin(input)).toMatchObject({ kind: 'existing', refused: true })
    await vault.play(input.paymentId, {})
    expect(await begin(again(input))).toMatchObject({ kind: 'started', outcome: 'accepted' })
  })

  it('whoever was given an id finds a payment behind it, also when nothing was sent in the end', async () => {
    const input = order({ waitMs: 0 })
    await vault.play(input.paymentId, { send: { kind: 'not_sent', code: 'E1001' }, sendDelayMs: 200 })
    expect(await begin(input)).toMatchObject({ kind: 'started', outcome: 'in_flight' })
    const ended = await eventually(
      () => read(input.paymentId),
      (view) => view?.status === 'created',
    )
    expect(ended?.attempts).toMatchObject([{ status: 'failed', failureCode: 'not_sent' }])
    expect(ended?.failure).toMatchObject({ code: 'not_sent' })
  })

  it('and what a shop was told of keeps its amount, though it was not sent', async () => {
    const input = order({ waitMs: 0 })
    await vault.play(input.paymentId, { send: { kind: 'not_sent', code: 'intent_amount' }, sendDelayMs: 100 })
    await begin(input)
    await eventually(
      () => read(input.paymentId),
      (view) => view?.failure?.code === 'not_sent',
    )
    await vault.play(input.paymentId, { send: rejected })
    expect(await begin(again(input, { amountMinor: '990', waitMs: 5_000 }))).toEqual({
      kind: 'conflict',
      field: 'amount',
    })
    expect(await begin(again(input, { waitMs: 5_000 }))).toMatchObject({ kind: 'started', outcome: 'rejected' })
    const { sends } = await vault.calls(input.paymentId)
    expect(sends.map(({ attempt, amountMinor }) => [attempt, amountMinor])).toEqual([
      [1, '1550'],
      [2, '1550'],
    ])
  })
})

describe('T03: the same key with other content is a mismatch that names the first difference', () => {
  const rows: [string, Partial<BeginInput>][] = [
    ['amount', { amountMinor: '1551', phoneNumber: '260971234567' as Msisdn }],
    ['currency', { currency: 'USD' }],
    ['phoneNumber', { phoneNumber: '260971234567' as Msisdn, provider: 'AIRTEL_OAPI_ZMB' }],
    ['provider', { provider: 'ZAMTEL_ZMB', metadata: { color: 'red' } }],
    ['metadata', { metadata: { color: 'red' } }],
    ['returnUrl', { returnUrl: 'https://shop.example.com/' }],
  ]
  it.each(rows)('%s', async (field, over) => {
    const input = order()
    await begin(input)
    expect(await begin(again(input, { ...over, keyHash: input.keyHash }))).toEqual({ kind: 'mismatch', field })
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
  })

  it('a field that only one of them has differs, also one of a newer edge', async () => {
    const input = order()
    await begin(input)
    const newer = { ...input, fingerprint: { ...input.fingerprint, color: 'red' } }
    expect(await begin(newer)).toEqual({ kind: 'mismatch', field: 'color' })
  })
})

describe('T14: another key for the same invoice', () => {
  const rows: [string, Partial<BeginInput>, object][] = [
    ['with another session joins', { sessionId: 'session-2' }, { kind: 'existing', refused: false }],
    ['with another provider joins', { provider: 'ZAMTEL_ZMB' }, { kind: 'existing', refused: false }],
    ['with another amount conflicts', { amountMinor: '1551' }, { kind: 'conflict', field: 'amount' }],
    ['with another currency conflicts', { currency: 'USD' }, { kind: 'conflict', field: 'currency' }],
    [
      'with another number conflicts',
      { phoneNumber: '260971234567' as Msisdn },
      { kind: 'conflict', field: 'phoneNumber' },
    ],
  ]
  it.each(rows)('%s while it is open', async (_, over, expected) => {
    const input = order()
    await begin(input)
    expect(await begin(again(input, over))).toMatchObject(expected)
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
  })

  it.each(rows.filter(([name]) => /amount|currency/.test(name)))(
    '%s after a failure, too',
    async (_, over, expected) => {
      const input = order()
      await vault.play(input.paymentId, { send: rejected })
      await begin(input)
      expect(await begin(again(input, over))).toMatchObject(expected)
      expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
    },
  )

  it('a key that joined is remembered: the same again, other content a mismatch', async () => {
    const input = order()
    await begin(input)
    const joined = again(input)
    await begin(joined)
    expect(await begin(joined)).toMatchObject({ kind: 'existing' })
    expect(await begin({ ...again(input, { metadata: { a: 'b' } }), keyHash: joined.keyHash })).toEqual({
      kind: 'mismatch',
      field: 'metadata',
    })
  })
})

describe('identity', () => {
  it('an id that does not follow from merchant, mode and invoice is refused', async () => {
    const input = order()
    const other = order()
    expect(await begin({ ...input, natural: other.natural })).toEqual({ kind: 'refused', code: 'wrong_payment_id' })
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(0)
  })

  it('two payments with one id are never mixed', async () => {
    const input = order()
    await begin(input)
    const { runInDurableObject } = await import('cloudflare:test')
    await runInDurableObject(stubOf(input.paymentId), (_, { storage }) => {
      storage.sql.exec("UPDATE payment SET record = json_set(record, '$.natural.value', 'another invoice')")
    })
    expect(await begin(again(input))).toEqual({ kind: 'refused', code: 'identity_collision' })
  })
})
