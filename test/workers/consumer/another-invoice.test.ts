import { expect, it } from 'vitest'
import { begin, order, read, vault, viewIn } from './kit.ts'

const inProgress = { kind: 'rejected', code: 'PAYMENT_IN_PROGRESS' } as const

it('T14: another invoice of the same customer is its own payment, and what the rail says to it is told as such', async () => {
  const first = order()
  await begin(first)
  const second = order()
  expect([second.phoneNumber, second.paymentId === first.paymentId]).toEqual([first.phoneNumber, false])
  await vault.play(second.paymentId, { send: inProgress })
  const answer = await begin(second)
  expect(answer).toMatchObject({ kind: 'started', outcome: 'rejected' })
  expect(viewIn(answer)).toMatchObject({
    status: 'failed',
    failure: {
      code: 'PAYMENT_IN_PROGRESS',
      message: expect.stringMatching(/another payment is waiting on this phone/i),
    },
  })
  // The one that is under way is none the worse, and each was sent once.
  expect((await read(first.paymentId))?.status).toBe('pending')
  for (const { paymentId } of [first, second]) expect((await vault.calls(paymentId)).sends).toHaveLength(1)
})
