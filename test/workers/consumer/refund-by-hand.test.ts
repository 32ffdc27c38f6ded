import { expect, it } from 'vitest'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import {
  again,
  begin,
  callbackMessage,
  deliver,
  events,
  operate,
  order,
  referenceOf,
  stubOf,
  vault,
  verdictOn,
} from './kit.ts'

/** Paid by attempt 1, though it had failed, and then by attempt 2 as well. */
const takenTwice = async (): Promise<BeginInput> => {
  const input = order()
  await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'UNSPECIFIED_FAILURE' } })
  await begin(input)
  await vault.play(input.paymentId, {})
  await begin(again(input))
  await deliver(callbackMessage(verdictOn(input)))
  await deliver(callbackMessage(verdictOn(input, { attempt: 2, reference: referenceOf(input.paymentId, 2) })))
  return input
}
const settle = (input: BeginInput, amount: string, transactionId = 'REFUND-1', n = 1) =>
  operate('POST', `/refunds/${input.paymentId}/${n}`, { amount, transactionId })
const erase = ({ paymentId }: BeginInput) => stubOf(paymentId).erase({ v: 1, dryRun: true })

it('I1: a double is a task until people say that it was given back; then its customer can be erased', async () => {
  const input = await takenTwice()
  expect(await operate('GET', `/refunds/${input.paymentId}`)).toEqual({
    refunds: [
      {
        n: 1,
        reason: 'double',
        status: 'due',
        amount: '15.50',
        currency: 'ZMW',
        gateway: 'pawapay',
        reference: referenceOf(input.paymentId, 2),
        transactionId: null,
        takenBack: null,
      },
    ],
  })
  expect(await erase(input)).toMatchObject({ kind: 'kept', because: 'refund_open' })

  expect(await settle(input, '15.50')).toEqual({ status: 'succeeded' })
  expect(await stubOf(input.paymentId).state()).toMatchObject({
    status: 'succeeded',
    doubles: [2],
    refunds: [{ attempt: 2, status: 'succeeded', amountMinor: '1550', providerTransactionId: 'REFUND-1' }],
  })
  expect(await events(input.paymentId)).toContain('refund_by_hand')
  expect(await erase(input)).toMatchObject({ kind: 'erasable' })
  // Nothing is ever sent or asked for it.
  expect((await vault.calls(input.paymentId)).sends).toHaveLength(2)
})

it('the same word again changes nothing; another is refused', async () => {
  const input = await takenTwice()
  await settle(input, '15.50')
  const before = await stubOf(input.paymentId).state()
  expect(await settle(input, '15.50')).toEqual({ status: 'succeeded' })
  expect(await settle(input, '15.50', 'REFUND-2')).toMatchObject({ code: 'refund_exists' })
  expect(await stubOf(input.paymentId).state()).toEqual(before)
})

it.each<[amount: string, n: number, answer: object]>([
  ['15.49', 1, { code: 'refund_mismatch' }],
  ['15.505', 1, { code: 'invalid_request', errors: [{ field: 'amount' }] }],
  ['0', 1, { code: 'bad_amount' }],
  ['15.50', 2, { code: 'not_found' }],
])('%s for refund %i is refused, and the task stays', async (amount, n, answer) => {
  const input = await takenTwice()
  expect(await settle(input, amount, 'REFUND-1', n)).toMatchObject(answer)
  expect(await stubOf(input.paymentId).state()).toMatchObject({ refunds: [{ status: 'due' }] })
})

it('of a payment that there is not, nothing is known', async () => {
  const input = order()
  expect(await operate('GET', `/refunds/${input.paymentId}`)).toMatchObject({ code: 'not_found' })
  expect(await settle(input, '15.50')).toMatchObject({ code: 'not_found' })
  expect(await operate('GET', '/refunds/nonsense')).toMatchObject({ code: 'not_found' })
})
