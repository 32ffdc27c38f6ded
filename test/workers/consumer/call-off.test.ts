import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import type { CancelOutcome } from '../../../src/contracts/vault.ts'
import type { Script } from './fakes/vault.ts'
import { again, begin, database, order, referenceOf, stubOf, vault, verdictOn, viewIn } from './kit.ts'
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
