import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it, vi } from 'vitest'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import type { CancelOutcome } from '../../../src/contracts/vault.ts'
import type { Script } from './fakes/vault.ts'
import { again, begin, database, eventually, order, referenceOf, stubOf, vault, verdictOn, viewIn } from './kit.ts'
import { routedBy } from './routed.ts'

const POLICY = {
  version: '2026-11-22',
  gateways: ['wave', 'pawapay'],
  rules: [{ id: 'usual', effect: { kind: 'priority', gateways: ['wave', 'pawapay'] } }],
}
const CANCELLED: CancelOutcome = { kind: 'cancelled' }
const PAID: CancelOutcome = { kind: 'succeeded', amountMinor: '1550', currency: 'XOF', providerTransactionId: 'txn-1' }

/** A customer is at Wave's page. */
const atWave = async (script: Script, policy: unknown = POLICY) => {
  const deployment = routedBy(policy)
  const input = order({ provider: 'WAVE_SEN', currency: 'XOF' })
  const page = { type: 'redirect', url: 'https://pay.wave.example/c/1' } as const
  await vault.play(input.paymentId, { sends: { wave: { kind: 'accepted', nextAction: page } }, ...script })
  await deployment.begin(input)
  return { deployment, input, other: again(input, { provider: 'ORANGE_SEN', namedProvider: true }) }
}
const sentTo = async ({ paymentId }: BeginInput) =>
  (await vault.calls(paymentId)).sends.map(({ attempt, gateway }) => [attempt, gateway])
const cancelsOf = async ({ paymentId }: BeginInput) => (await vault.calls(paymentId)).cancels
const stateOf = (deployment: ReturnType<typeof routedBy>, { paymentId }: BeginInput) =>
  deployment.inObject(paymentId, (object) => object.state())

describe('a customer who is at one wallet’s page chooses another wallet', () => {
  it('T25: the gateway confirms that the first is called off: the second goes, and the shop hears of no failure', async () => {
    const { deployment, input, other } = await atWave({ cancel: CANCELLED })
    const answer = await deployment.begin(other)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'accepted' })
    expect(viewIn(answer)).toMatchObject({
      status: 'pending',
      gateway: 'pawapay',
      provider: 'ORANGE_SEN',
      attempts: [
        { n: 1, gateway: 'wave', status: 'failed', failureCode: 'called_off' },
        { n: 2, gateway: 'pawapay', status: 'pending' },
      ],
    })
    expect(await cancelsOf(input)).toEqual([referenceOf(input.paymentId, 1)])
    await deployment.inObject(input.paymentId, (object) => object.runDueAlarms(Date.now() + 20_000))
    const { results } = await database.prepare('SELECT type FROM events WHERE subject = ?').bind(input.paymentId).all()
    expect(results).toEqual([])
    expect(await deployment.begin(input)).toMatchObject({ kind: 'existing', refused: false })
    expect(await sentTo(input)).toEqual([
      [1, 'wave'],
      [2, 'pawapay'],
    ])
  })

  it('T25: it is paid already: that is adopted, and nothing more is sent', async () => {
    const { deployment, input, other } = await atWave({ cancel: PAID })
    const answer = await deployment.begin(other)
    expect(answer).toMatchObject({ kind: 'existing' })
    expect(viewIn(answer)).toMatchObject({ status: 'succeeded', gateway: 'wave' })
    expect(await sentTo(input)).toEqual([[1, 'wave']])
    expect(await deployment.inObject(input.paymentId, (object) => object.due())).toMatchObject({ attempt: 1 })
  })

  it.each<[string, Script['cancel']]>([
    ['does not confirm it', { kind: 'unknown', reason: 'timeout' }],
    ['cannot be asked', 'throw'],
  ])('T25: a gateway that %s keeps the payment, which may still be captured there', async (_, cancel) => {
    const { deployment, input, other } = await atWave(cancel === undefined ? {} : { cancel })
    expect(await deployment.begin(other)).toMatchObject({ kind: 'existing', refused: false })
    expect(await sentTo(input)).toEqual([[1, 'wave']])
    await deployment.apply(input, verdictOn(input, { gateway: 'wave' }))
    expect(await deployment.read(input.paymentId)).toMatchObject({ status: 'succeeded', gateway: 'wave' })
  })

  it('T25: captured after all: both are, the later is a double, and a refund is due', async () => {
    const { deployment, input, other } = await atWave({ cancel: CANCELLED })
    await deployment.begin(other)
    await deployment.apply(other, verdictOn(other, { attempt: 2 }))
    await deployment.apply(input, verdictOn(input, { gateway: 'wave', providerTransactionId: 'txn-2' }))
    expect(await stateOf(deployment, input)).toMatchObject({
      status: 'succeeded',
      doubles: [1],
      refunds: [{ attempt: 1, reason: 'double', status: 'due' }],
    })
  })

  it('T25: captured while the gateway is asked: paid, and nothing more is sent', async () => {
    const { deployment, input, other } = await atWave({
      cancel: { kind: 'unknown', reason: 'conflict' },
      cancelDelayMs: 100,
    })
    const answer = await deployment.inObject(input.paymentId, async (object) => {
      const answered = object.begin(other)
      await object.apply(verdictOn(input, { gateway: 'wave' }), 'qstash')
      return answered
    })
    expect(viewIn(answer)).toMatchObject({ status: 'succeeded' })
    expect(await sentTo(input)).toEqual([[1, 'wave']])
  })
})

describe('the same request again while its first try calls an attempt off', () => {
  it('T25: has what becomes of it: one cancel, one send, and its key belongs to the attempt that went', async () => {
    const { deployment, input, other } = await atWave({ cancel: CANCELLED, cancelDelayMs: 200 })
    const answers = await deployment.inObject(input.paymentId, (object) =>
      Promise.all([object.begin(other), object.begin(other), object.begin(other)]),
    )
    expect(answers.map(({ kind }) => kind)).toEqual(['started', 'existing', 'existing'])
    for (const answer of answers) expect(viewIn(answer)).toMatchObject({ status: 'pending', provider: 'ORANGE_SEN' })
    expect(await cancelsOf(input)).toHaveLength(1)
    expect(await sentTo(input)).toEqual([
      [1, 'wave'],
      [2, 'pawapay'],
    ])
    const { results } = await database.prepare('SELECT type FROM events WHERE subject = ?').bind(input.paymentId).all()
    expect(results).toEqual([])
  })
})

describe('a gateway that takes its time to call an attempt off', () => {
  it('T25: no key is answered meanwhile, neither the one that asked nor another: each may still be the next', async () => {
    const { deployment, input, other } = await atWave({ cancel: CANCELLED, cancelDelayMs: 16_000 })
    const back = again(input, { namedProvider: true })
    const elsewhere = { ...again(other), fingerprint: { ...other.fingerprint, phoneNumber: 'another number' } }
    const answers = await deployment.inObject(input.paymentId, async (object) => {
      const asked = [object.begin(other), object.begin(other), object.begin(back), object.begin(elsewhere)]
      // A key that the payment knows has nothing to wait for.
      const known = await Promise.race([object.begin(input), ...asked])
      return [known, ...(await Promise.all(asked))]
    })
    expect(answers).toMatchObject([{ kind: 'existing' }, ...Array(4).fill({ kind: 'calling_off' })])
    expect(await sentTo(input)).toEqual([[1, 'wave']])
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await deployment.begin(other)).toMatchObject({ kind: 'started', snapshot: expect.anything() })
    expect(await sentTo(input)).toEqual([
      [1, 'wave'],
      [2, 'pawapay'],
    ])
  }, 40_000)
})

describe('money that comes late, while another attempt is open', () => {
  /** The first failed; the customer is at Wave's page; then the first is paid after all. */
  const paidLate = async (script: Script, policy: unknown = POLICY) => {
    const deployment = routedBy(policy)
    const input = order({ provider: 'ORANGE_SEN', currency: 'XOF' })
    const page = { type: 'redirect', url: 'https://pay.wave.example/c/1' } as const
    const sends = { wave: { kind: 'accepted', nextAction: page } } as const
    await vault.play(input.paymentId, { sends, status: { kind: 'found', outcome: 'pending' }, ...script })
    await deployment.begin(input)
    await deployment.apply(input, verdictOn(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' }))
    const second = again(input, { provider: 'WAVE_SEN', currency: 'XOF', gateway: 'wave', namedProvider: true })
    expect(viewIn(await deployment.begin(second))).toMatchObject({ status: 'needs_action', gateway: 'wave' })
    await deployment.apply(input, verdictOn(input, { providerTransactionId: 'txn-1' }))
    expect(await stateOf(deployment, input)).toMatchObject({ status: 'succeeded', lateSuccess: true })
    return { deployment, input }
  }
  const workAt = (deployment: ReturnType<typeof routedBy>, { paymentId }: BeginInput, afterMs: number) =>
    deployment.inObject(paymentId, (object) => object.runDueAlarms(Date.now() + afterMs))
  const recordOf = async ({ paymentId }: BeginInput) =>
    runInDurableObject(stubOf(paymentId), (_, { storage }) => {
      const [row] = storage.sql.exec<{ record: string }>('SELECT record FROM payment').toArray()
      return JSON.parse(row?.record ?? '{}')
    })

  it('T23: the other is called off at once, and nobody can pay there any more', async () => {
    const { deployment, input } = await paidLate({ cancel: CANCELLED })
    // Nobody calls, and all that was in memory is gone: the alarm.
    await runInDurableObject(stubOf(input.paymentId), (_, state) => state.abort('a new instance')).catch(() => {})
    await vi.waitFor(async () => expect(await recordOf(input)).not.toHaveProperty('callOffs'), 10_000)
    expect(await cancelsOf(input)).toEqual([referenceOf(input.paymentId, 2)])
    expect(await stateOf(deployment, input)).toMatchObject({
      status: 'succeeded',
      doubles: [],
      attempts: [{ status: 'succeeded' }, { status: 'failed', failureCode: 'called_off' }],
    })
  })

  it('T23: it is paid there, too: a double, and a refund is due', async () => {
    const { deployment, input } = await paidLate({ cancel: PAID })
    await workAt(deployment, input, 0)
    expect(await stateOf(deployment, input)).toMatchObject({
      status: 'succeeded',
      doubles: [2],
      refunds: [{ attempt: 2, reason: 'double', status: 'due' }],
    })
  })

  it.each<[string, Exclude<Script['cancel'], undefined>]>([
    ['does not confirm it', { kind: 'unknown', reason: 'still_open' }],
    ['cannot be asked', 'throw'],
  ])(
    'T23: a gateway that %s is asked again, less and less often and not for ever; the attempt is watched',
    async (_, cancel) => {
      const { deployment, input } = await paidLate({ cancel })
      await workAt(deployment, input, 0)
      expect(await cancelsOf(input)).toHaveLength(1)
      await workAt(deployment, input, 5_000)
      expect(await cancelsOf(input)).toHaveLength(1)
      for (let minutes = 1; minutes < 20 * 60; minutes *= 2) await workAt(deployment, input, minutes * 60_000)
      for (let hours = 20; hours < 40; hours += 1) await workAt(deployment, input, hours * 3_600_000)
      expect(await cancelsOf(input)).toHaveLength(9)
      const asked = (await vault.calls(input.paymentId)).statuses.length
      expect(await stateOf(deployment, input)).toMatchObject({ attempts: [{}, { status: 'needs_action' }] })
      await workAt(deployment, input, 3 * 24 * 3_600_000)
      expect((await vault.calls(input.paymentId)).statuses.length).toBeGreaterThan(asked)
    },
  )

  it('T23, T05: cut off while the gateway is asked, it is asked again', async () => {
    const { deployment, input } = await paidLate({
      cancel: { kind: 'unknown', reason: 'timeout' },
      cancelDelayMs: 1_000,
    })
    const working = workAt(deployment, input, 0).catch(() => {})
    while ((await cancelsOf(input)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await runInDurableObject(stubOf(input.paymentId), (_, state) => state.abort('a new instance')).catch(() => {})
    await working
    await vault.play(input.paymentId, { cancel: CANCELLED })
    await workAt(deployment, input, 11_000)
    expect(await cancelsOf(input)).toHaveLength(2)
    expect(await stateOf(deployment, input)).toMatchObject({ attempts: [{}, { failureCode: 'called_off' }] })
  })

  it('T23: one whose call is under way is called off when that has ended', async () => {
    const { deployment, input, other } = await atWave({ cancel: CANCELLED })
    await deployment.apply(input, verdictOn(input, { gateway: 'wave', outcome: 'failed', failureCode: 'X' }))
    const page = { type: 'redirect', url: 'https://pay.wave.example/c/2' } as const
    await vault.play(input.paymentId, {
      send: { kind: 'accepted', nextAction: page },
      sendDelayMs: 2_000,
      cancel: CANCELLED,
    })
    await deployment.inObject(input.paymentId, async (object) => {
      const beginning = object.begin(again(input, { namedProvider: true }))
      await eventually(
        () => sentTo(input),
        (sends) => sends.length === 2,
      )
      await object.apply(verdictOn(other, { gateway: 'wave' }), 'qstash')
      await object.runDueAlarms(Date.now())
      expect(await cancelsOf(input)).toEqual([])
      await beginning
    })
    await workAt(deployment, input, 0)
    expect(await cancelsOf(input)).toEqual([referenceOf(input.paymentId, 2)])
    expect(await stateOf(deployment, input)).toMatchObject({
      status: 'succeeded',
      attempts: [{}, { failureCode: 'called_off' }],
    })
  })

  it('T23: one at a gateway that cannot is watched and nothing else', async () => {
    const { deployment, input } = await paidLate(
      { cancel: CANCELLED },
      { ...POLICY, gateways: ['pawapay', { name: 'wave', capabilities: ['redirect'] }] },
    )
    await workAt(deployment, input, 0)
    expect(await cancelsOf(input)).toEqual([])
    expect(await recordOf(input)).not.toHaveProperty('callOffs')
  })

  it('T23: a new key for the paid payment waits for none of it', async () => {
    const { deployment, input } = await paidLate({ cancel: CANCELLED, cancelDelayMs: 1_000 })
    await deployment.inObject(input.paymentId, async (object) => {
      const working = object.runDueAlarms(Date.now())
      expect(await object.begin(again(input, { namedProvider: true }))).toMatchObject({ kind: 'existing' })
      await working
    })
  })
})

describe('nothing is called off', () => {
  it.each<[string, Partial<BeginInput>]>([
    ['for the same provider', { namedProvider: true }],
    ['for another amount', { provider: 'ORANGE_SEN', amountMinor: '1600', namedProvider: true }],
    ['for another currency', { provider: 'ORANGE_SEN', currency: 'XAF', namedProvider: true }],
    ['for a provider that nobody reaches', { provider: 'NOBODY_SEN', namedProvider: true }],
    ['for a provider that nobody chose', { provider: 'ORANGE_SEN', namedProvider: false }],
  ])('%s', async (_, over) => {
    const { deployment, input } = await atWave({ cancel: CANCELLED })
    expect(['existing', 'conflict']).toContain((await deployment.begin(again(input, over))).kind)
    expect(await cancelsOf(input)).toEqual([])
    expect(await sentTo(input)).toEqual([[1, 'wave']])
  })

  it('for a key that the payment knows', async () => {
    const { deployment, input, other } = await atWave({ cancel: { kind: 'unknown', reason: 'timeout' } })
    await deployment.begin(again(input, { keyHash: other.keyHash }))
    expect(await deployment.begin(other)).toMatchObject({ kind: 'mismatch', field: 'provider' })
    expect(await cancelsOf(input)).toEqual([])
  })

  it('I7: when it is not known whether it arrived', async () => {
    const { deployment, input, other } = await atWave({
      sends: { wave: { kind: 'unknown', reason: 'timeout' } },
      cancel: CANCELLED,
    })
    expect(await deployment.begin(other)).toMatchObject({ kind: 'existing' })
    expect(await cancelsOf(input)).toEqual([])
    expect(await sentTo(input)).toEqual([[1, 'wave']])
  })

  it('at a gateway that cannot, or without a policy', async () => {
    const elsewhere = await atWave({ cancel: CANCELLED }, { version: '1', gateways: ['pawapay'] })
    expect(await elsewhere.deployment.begin(elsewhere.other)).toMatchObject({ kind: 'existing' })
    expect(await cancelsOf(elsewhere.input)).toEqual([])
    const { input, other } = await atWave({ cancel: CANCELLED })
    await runInDurableObject(stubOf(input.paymentId), (_, state) => state.abort('a new instance')).catch(() => {})
    expect(await begin(other)).toMatchObject({ kind: 'existing' })
    expect(await cancelsOf(input)).toEqual([])
  })

  it('twice within ten seconds of what the gateway said, whatever key asks: a slow one above all', async () => {
    const { deployment, input, other } = await atWave({
      cancel: { kind: 'unknown', reason: '503' },
      cancelDelayMs: 15_500,
    })
    const elsewhere = { ...again(other), fingerprint: { ...other.fingerprint, phoneNumber: 'another number' } }
    expect(await deployment.begin(elsewhere)).toEqual({ kind: 'calling_off' })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    for (let i = 0; i < 5; i++)
      expect(await deployment.begin(elsewhere)).toEqual({ kind: 'conflict', field: 'phoneNumber' })
    expect(await deployment.begin(other)).toMatchObject({ kind: 'existing' })
    expect(await cancelsOf(input)).toHaveLength(1)
    expect(await sentTo(input)).toEqual([[1, 'wave']])
  }, 40_000)

  it('twice within ten seconds, or while it is being called off', async () => {
    const { deployment, input, other } = await atWave({
      cancel: { kind: 'unknown', reason: '503' },
      cancelDelayMs: 100,
    })
    await deployment.inObject(input.paymentId, async (object) => {
      await Promise.all([object.begin(other), object.begin(again(other)), object.begin(again(other))])
      await object.begin(again(other))
    })
    expect(await cancelsOf(input)).toHaveLength(1)
    expect(await sentTo(input)).toEqual([[1, 'wave']])
  })
})
