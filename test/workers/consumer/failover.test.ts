import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { PaymentId } from '../../../src/domain/ids.ts'
import type { Script } from './fakes/vault.ts'
import { again, begin, database, eventually, order, stubOf, vault, verdictOn, viewIn } from './kit.ts'
import { routedBy } from './routed.ts'

const GATEWAYS = { version: '2026-11-22', gateways: ['mtn', 'pawapay', 'flutterwave'] }
const inOrder = (...gateways: string[]) => ({
  ...GATEWAYS,
  gateways,
  rules: [{ id: 'usual', effect: { kind: 'priority', gateways } }],
})
const TWO = inOrder('mtn', 'pawapay')

const REFUSED = { kind: 'rejected', code: 'AUTHENTICATION_ERROR' } as const
const DOWN = { kind: 'rejected', code: 'PROVIDER_TEMPORARILY_UNAVAILABLE' } as const
const LOST = { kind: 'unknown', reason: 'timeout' } as const
const NO_TOKEN = { kind: 'not_sent', code: 'E1322' } as const

const prepared = async (script: Script, over: Parameters<typeof order>[0] = {}) => {
  const input = order(over)
  await vault.play(input.paymentId, script)
  return input
}
const sentTo = async (id: PaymentId) => (await vault.calls(id)).sends.map(({ attempt, gateway }) => [attempt, gateway])
const told = async (id: PaymentId) =>
  (
    await database.prepare('SELECT type FROM events WHERE subject = ? ORDER BY seq').bind(id).all<{ type: string }>()
  ).results.map(({ type }) => type)
/** Whatever is owed to D1 is told. */
const settled = (deployment: ReturnType<typeof routedBy>, id: PaymentId) =>
  deployment.inObject(id, (object) => object.runDueAlarms(Date.now() + 20_000))

describe('after a refusal that is not the customer’s, Lango goes on at another gateway', () => {
  it('T24: refused by the first, accepted by the second: one request, one answer, and the shop hears of no failure', async () => {
    const deployment = routedBy(TWO)
    const input = await prepared({ sends: { mtn: REFUSED } })
    const answer = await deployment.begin(input)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'accepted' })
    expect(viewIn(answer)).toMatchObject({
      status: 'pending',
      gateway: 'pawapay',
      attempts: [
        { n: 1, gateway: 'mtn', status: 'failed', failureCode: 'AUTHENTICATION_ERROR' },
        { n: 2, gateway: 'pawapay', status: 'pending' },
      ],
    })
    expect(viewIn(answer).failure).toBeUndefined()
    expect(await sentTo(input.paymentId)).toEqual([
      [1, 'mtn'],
      [2, 'pawapay'],
    ])
    expect(await deployment.begin(input)).toMatchObject({ kind: 'existing', refused: false })
    await settled(deployment, input.paymentId)
    expect(await told(input.paymentId)).toEqual([])
    expect(await deployment.events(input.paymentId)).toEqual(
      expect.arrayContaining(['begin', 'sent', 'rejected', 'failover', 'begin', 'sent', 'accepted']),
    )
    const decided = await deployment.inObject(input.paymentId, (object) => object.decisions())
    expect(decided?.decisions).toMatchObject([
      { attempt: 1, decision: { trigger: 'request', gateway: 'mtn' } },
      {
        attempt: 2,
        decision: {
          trigger: 'failover',
          gateway: 'pawapay',
          failover: { allowed: true, why: 'refused_for_good' },
          candidates: [
            { gateway: 'mtn', whyNot: { code: 'already_tried' } },
            { gateway: 'pawapay', whyNot: null },
          ],
        },
        explained: expect.stringContaining('refused for good, and not by the customer'),
      },
    ])
    await deployment.apply(input, verdictOn(input, { attempt: 2 }))
    expect(await deployment.read(input.paymentId)).toMatchObject({ status: 'succeeded', gateway: 'pawapay' })
  })

  it('T24: refused by the first, lost at the second: unknown, and there is no third', async () => {
    const policy = inOrder('mtn', 'pawapay', 'flutterwave')
    const deployment = routedBy(policy)
    const input = await prepared({ sends: { mtn: REFUSED }, send: LOST }, { provider: 'MTN_MOMO_RWA', currency: 'RWF' })
    expect(await deployment.begin(input)).toMatchObject({ kind: 'started', outcome: 'unknown' })
    expect(await deployment.begin(input)).toMatchObject({ kind: 'existing', refused: false })
    for (const other of [policy, inOrder('flutterwave', 'pawapay')])
      expect(await routedBy(other).begin(again(input))).toMatchObject({ kind: 'existing', refused: false })
    expect(await sentTo(input.paymentId)).toEqual([
      [1, 'mtn'],
      [2, 'pawapay'],
    ])
    expect(await deployment.read(input.paymentId)).toMatchObject({ status: 'unknown' })
    await settled(deployment, input.paymentId)
    expect(await told(input.paymentId)).toEqual(['payment.unknown'])
  })

  it('I7: what is unknown stays where it is', async () => {
    const deployment = routedBy(TWO)
    const input = await prepared({ send: LOST })
    expect(await deployment.begin(input)).toMatchObject({ kind: 'started', outcome: 'unknown' })
    expect(await sentTo(input.paymentId)).toEqual([[1, 'mtn']])
  })

  it('T24: refused by the second, too: the shop hears that refusal, and there is no second failover', async () => {
    const deployment = routedBy(inOrder('mtn', 'pawapay', 'flutterwave'))
    const input = await prepared({ send: REFUSED }, { provider: 'MTN_MOMO_RWA', currency: 'RWF' })
    const answer = await deployment.begin(input)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'rejected' })
    expect(viewIn(answer)).toMatchObject({ status: 'failed', failure: { code: 'AUTHENTICATION_ERROR' } })
    expect(await sentTo(input.paymentId)).toEqual([
      [1, 'mtn'],
      [2, 'pawapay'],
    ])
    expect(await deployment.begin(input)).toMatchObject({ kind: 'existing', refused: true })
    await settled(deployment, input.paymentId)
    expect(await told(input.paymentId)).toEqual(['payment.failed'])
    // Whoever asks again, by a new key, asks for another payment of the same invoice, which may fail over once of its own.
    await deployment.begin(again(input))
    expect((await sentTo(input.paymentId)).slice(2)).toHaveLength(2)
  })

  it.each(['INSUFFICIENT_BALANCE', 'PAYER_LIMIT_REACHED', 'policy_amount_cap', 'A_WORD_THAT_NOBODY_KNOWS'])(
    'what is the customer’s own, or may be, is the answer: %s',
    async (code) => {
      const deployment = routedBy(TWO)
      const input = await prepared({ send: { kind: 'rejected', code } })
      expect(await deployment.begin(input)).toMatchObject({ kind: 'started', outcome: 'rejected' })
      expect(await sentTo(input.paymentId)).toEqual([[1, 'mtn']])
      expect(await deployment.begin(input)).toMatchObject({ kind: 'existing', refused: true })
    },
  )

  it('T27: nobody else reaches the rail: the shop hears the refusal at once', async () => {
    const deployment = routedBy(inOrder('mtn'))
    const input = await prepared({ send: DOWN })
    const answer = await deployment.begin(input)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'rejected' })
    expect(viewIn(answer)).toMatchObject({ failure: { code: 'PROVIDER_TEMPORARILY_UNAVAILABLE' } })
    expect(await sentTo(input.paymentId)).toEqual([[1, 'mtn']])
    await settled(deployment, input.paymentId)
    expect(await told(input.paymentId)).toEqual(['payment.failed'])
    expect(await deployment.events(input.paymentId)).toContain('no_failover')
  })

  it('without a policy a refusal is the answer, as before', async () => {
    const input = await prepared({ send: REFUSED })
    expect(await begin(input)).toMatchObject({ kind: 'started', outcome: 'rejected' })
    expect(await sentTo(input.paymentId)).toEqual([[1, 'pawapay']])
  })
})

describe('after a send that never left', () => {
  it('it goes on where a token is to be had, and nothing of the first is left to be told', async () => {
    const deployment = routedBy(TWO)
    const input = await prepared({ sends: { mtn: NO_TOKEN } })
    expect(await deployment.begin(input)).toMatchObject({ kind: 'started', outcome: 'accepted' })
    expect(await sentTo(input.paymentId)).toEqual([
      [1, 'mtn'],
      [2, 'pawapay'],
    ])
    expect(await deployment.begin(input)).toMatchObject({ kind: 'existing', refused: false })
  })

  it.each(['E1302', 'E1303', 'E1304', 'E1305', 'E1309'])(
    'what one gateway does not take, another may; taken by nobody, it is the answer, and the key is free: %s',
    async (code) => {
      const deployment = routedBy(TWO)
      const unfit = { kind: 'not_sent', code } as const
      const input = await prepared({ sends: { mtn: unfit } })
      expect(await deployment.begin(input)).toMatchObject({ kind: 'started', outcome: 'accepted' })
      expect(await sentTo(input.paymentId)).toEqual([
        [1, 'mtn'],
        [2, 'pawapay'],
      ])
      const nobodys = await prepared({ send: unfit })
      expect(await deployment.begin(nobodys)).toEqual({ kind: 'sealed', code })
      expect(await deployment.read(nobodys.paymentId)).toBeNull()
      await vault.play(nobodys.paymentId, {})
      const mended = again(nobodys, { amountMinor: '1500', keyHash: nobodys.keyHash })
      expect(await deployment.begin(mended)).toMatchObject({ kind: 'started', outcome: 'accepted' })
    },
  )

  it('a cause that passes is the answer, not that the other gateway would not suit', async () => {
    const unfit = { kind: 'not_sent', code: 'E1304' } as const
    const input = await prepared({ sends: { mtn: NO_TOKEN, pawapay: unfit } })
    expect(await routedBy(TWO).begin(input)).toEqual({ kind: 'sealed', code: NO_TOKEN.code })
  })

  it('a customer’s amount or code counts against no gateway', async () => {
    const deployment = routedBy(TWO)
    for (let i = 0; i < 20; i++)
      await deployment.begin(await prepared({ sends: { mtn: { kind: 'not_sent', code: 'E1302' } } }))
    const input = await prepared({})
    await deployment.begin(input)
    expect(await sentTo(input.paymentId)).toEqual([[1, 'mtn']])
  })

  it('a code goes to the gateway that wants one of this provider, and to no other: not even to be refused', async () => {
    const coded = { provider: 'ORANGE_BFA', currency: 'XOF', preAuthorisationCode: '481516' } as const
    const codes = async (id: PaymentId) =>
      (await vault.calls(id)).sends.map(({ gateway, preAuthorisationCode }) => [gateway, preAuthorisationCode])
    const routed = await prepared({ sends: { cinetpay: REFUSED } }, coded)
    expect(await routedBy(inOrder('cinetpay', 'pawapay')).begin(routed)).toMatchObject({ outcome: 'accepted' })
    expect(await codes(routed.paymentId)).toEqual([
      ['cinetpay', undefined],
      ['pawapay', '481516'],
    ])
    const fixed = await prepared({}, { ...coded, gateway: 'cinetpay' })
    await begin(fixed)
    expect(await codes(fixed.paymentId)).toEqual([['cinetpay', undefined]])
    // Of a gateway that is not of this repository nobody here knows: its program will say.
    const unknown = await prepared({}, { ...coded, gateway: 'elsewhere' })
    await begin(unknown)
    expect(await codes(unknown.paymentId)).toEqual([['elsewhere', '481516']])
  })

  it('nowhere a token: nothing is kept, and the same key may come again', async () => {
    const deployment = routedBy(TWO)
    const input = await prepared({ send: NO_TOKEN })
    expect(await deployment.begin(input)).toEqual({ kind: 'sealed', code: 'E1322' })
    expect(await sentTo(input.paymentId)).toHaveLength(2)
    expect(await deployment.read(input.paymentId)).toBeNull()
    await vault.play(input.paymentId, {})
    expect(await deployment.begin(input)).toMatchObject({ kind: 'started', outcome: 'accepted' })
  })

  it.each(['E1001', 'E1321', 'intent_amount'])('what holds for every gateway is the answer: %s', async (code) => {
    const deployment = routedBy(TWO)
    const input = await prepared({ send: { kind: 'not_sent', code } })
    expect(await deployment.begin(input)).toEqual({ kind: 'sealed', code })
    expect(await sentTo(input.paymentId)).toEqual([[1, 'mtn']])
  })

  it('refused by the first, never sent at the second: the refusal is the answer, now and to the same key', async () => {
    const deployment = routedBy(TWO)
    const input = await prepared({ sends: { mtn: REFUSED, pawapay: NO_TOKEN } })
    const answer = await deployment.begin(input)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'rejected' })
    expect(viewIn(answer)).toMatchObject({
      status: 'failed',
      gateway: 'mtn',
      failure: { code: 'AUTHENTICATION_ERROR' },
    })
    expect(await deployment.begin(input)).toMatchObject({ kind: 'existing', refused: true })
    await settled(deployment, input.paymentId)
    expect(await told(input.paymentId)).toEqual(['payment.failed'])
  })
})

describe('while it goes on', () => {
  it('whoever asks meanwhile joins the payment, and does not wait for nothing', async () => {
    const deployment = routedBy(TWO)
    const input = await prepared({ sends: { mtn: REFUSED }, sendDelayMs: 150 }, { waitMs: 200 })
    const [answer, joined] = await deployment.inObject(input.paymentId, async (object) => {
      const first = object.begin(input)
      return [await first, await object.begin(again(input))]
    })
    expect(answer).toMatchObject({ kind: 'started', outcome: 'in_flight' })
    expect(joined).toMatchObject({ kind: 'existing', refused: false })
    await eventually(
      () => sentTo(input.paymentId),
      (sends) => sends.length === 2,
    )
  })

  it('T24 I6: the next attempt, its decision and its key are durable before it is sent', async () => {
    const deployment = routedBy(TWO)
    const input = await prepared({ sends: { mtn: REFUSED }, sendDelayMs: 300 })
    const beginning = deployment.begin(input)
    await eventually(
      () => sentTo(input.paymentId),
      (sends) => sends.length === 2,
    )
    const rows = await runInDurableObject(stubOf(input.paymentId), (_, { storage }) => ({
      keys: storage.sql.exec('SELECT attempt FROM idempotency_keys').toArray(),
      decisions: storage.sql.exec('SELECT attempt FROM decisions ORDER BY attempt').toArray(),
    }))
    expect(rows).toEqual({ keys: [{ attempt: 2 }], decisions: [{ attempt: 1 }, { attempt: 2 }] })
    await beginning
  })

  it('T24: a callback had told of the failure before the answer came: the shop knows, and nothing goes on', async () => {
    const deployment = routedBy(TWO)
    const input = await prepared({ sends: { mtn: REFUSED }, sendDelayMs: 150 })
    await deployment.inObject(input.paymentId, async (object) => {
      const answer = object.begin(input)
      await object.apply(
        verdictOn(input, { gateway: 'mtn', outcome: 'failed', failureCode: 'AUTHENTICATION_ERROR' }),
        'qstash',
      )
      await answer
    })
    expect(await sentTo(input.paymentId)).toEqual([[1, 'mtn']])
    expect(await deployment.read(input.paymentId)).toMatchObject({ status: 'failed' })
  })
})

describe('the first gateway captures after all', () => {
  const failedOver = async () => {
    const deployment = routedBy(TWO)
    const input = await prepared({ sends: { mtn: REFUSED } })
    await deployment.begin(input)
    const capture = (attempt: number, gateway: string) =>
      deployment.apply(input, verdictOn(input, { attempt, gateway, providerTransactionId: `txn-${attempt}` }))
    const state = () => deployment.inObject(input.paymentId, (object) => object.state())
    return { deployment, input, capture, state }
  }

  it('T24: when the second has: both are captured, the later is a double, a refund is a task, people are told', async () => {
    const { deployment, input, capture, state } = await failedOver()
    await capture(2, 'pawapay')
    await capture(1, 'mtn')
    expect(await state()).toMatchObject({
      status: 'succeeded',
      doubles: [1],
      refunds: [{ attempt: 1, reason: 'double', status: 'due', amountMinor: input.amountMinor }],
    })
    expect(await deployment.events(input.paymentId)).toContain('alert')
  })

  it('T24: before the second has: a late success, and then the second is the double', async () => {
    const { deployment, input, capture, state } = await failedOver()
    const applied = await capture(1, 'mtn')
    expect(await state()).toMatchObject({ status: 'succeeded', lateSuccess: true, doubles: [] })
    const succeeded = applied.kind === 'applied' ? applied.due?.event?.body : undefined
    await settled(deployment, input.paymentId)
    const late = await database
      .prepare("SELECT body FROM events WHERE subject = ? AND type = 'payment.late_success'")
      .bind(input.paymentId)
      .first<string>('body')
    // Whose money it is, says who took it.
    for (const body of [succeeded, late]) expect(JSON.parse(body ?? '').data).toMatchObject({ gateway: 'mtn' })
    expect(await deployment.read(input.paymentId)).toMatchObject({ gateway: 'mtn' })
    await capture(2, 'pawapay')
    expect(await state()).toMatchObject({ status: 'succeeded', doubles: [2], refunds: [{ attempt: 2, status: 'due' }] })
    expect(await deployment.read(input.paymentId)).toMatchObject({ gateway: 'mtn' })
  })
})
