import { expect, it } from 'vitest'
import type { Snapshot } from '../../src/contracts/payment-object.ts'
import { readPayment } from '../../src/flows/read-payment.ts'
import { fakeLock, MERCHANT, NOW_MS, PAYMENT, SEAL, snapshot, view } from './fakes.ts'

const read = async (kept: Snapshot | null, told: readonly (Snapshot | null | Error)[]) => {
  const { lock, asked } = fakeLock({ kind: 'first' }, kept)
  const answers = [...told]
  let gets = 0
  const covered: string[] = []
  const noted: string[] = []
  const answer = await readPayment(
    {
      lock,
      payment: () => ({
        get: async () => {
          gets += 1
          const next = answers.shift()
          if (next === undefined || next instanceof Error) throw next ?? new Error('not to be asked')
          return next
        },
      }),
      checkSeal: async (_id, text, seal) => {
        covered.push(text)
        return seal.mac === SEAL.mac
      },
      nowMs: () => NOW_MS,
      later: (work) => void work,
      note: (event) => noted.push(event),
    },
    { merchantId: MERCHANT, mode: 'test', paymentId: PAYMENT },
  )
  return { answer, asked, gets, covered, noted }
}

const OPEN = snapshot(view())
const PAID = snapshot(view({ status: 'succeeded' }))

it('answers from Redis what is open, and what is paid under the seal', async () => {
  expect(await read(OPEN, [])).toMatchObject({ answer: { ok: true, value: { status: 'pending' } }, gets: 0 })
  expect(await read(PAID, [])).toMatchObject({ answer: { ok: true, value: { status: 'succeeded' } }, gets: 0 })
})

it('T63: a forged success is ignored; the object answers, and its word replaces the forgery', async () => {
  const forged = snapshot(view({ status: 'succeeded' }), { seal: { mac: 'forged', kid: '1' }, final: false })
  const { answer, asked } = await read(forged, [OPEN])
  expect(answer).toMatchObject({ ok: true, value: { status: 'pending' } })
  expect(asked.kept).toEqual([OPEN])
})

it.each([
  [
    'an open payment without a seal',
    snapshot(view({ nextAction: { type: 'redirect', url: 'https://evil.example/pin' } }), { seal: undefined as never }),
  ],
  ['an open payment under a bad seal', snapshot(view(), { seal: { mac: 'forged', kid: '1' } })],
  ['an old truth, sealed, put back after it expired', snapshot(view({ status: 'failed' }), { expiresAtMs: NOW_MS })],
  ['a snapshot that names no end', snapshot(view(), { expiresAtMs: undefined as never })],
])('T63: %s is ignored', async (_name, kept) => {
  expect(await read(kept, [PAID])).toMatchObject({ answer: { ok: true, value: { status: 'succeeded' } }, gets: 1 })
})

it('T63: the seal is checked over all that is acted on', async () => {
  const { covered } = await read(OPEN, [])
  const [text] = covered
  for (const part of [OPEN.text, String(OPEN.expiresAtMs), MERCHANT, 'test', ...Object.values(OPEN.fingerprint)])
    expect(JSON.stringify(JSON.parse(text ?? '[]'))).toContain(JSON.stringify(part).slice(1, -1))
})

it('takes nothing from Redis that says it is another merchant\u2019s', async () => {
  const foreign = snapshot(view(), { merchantId: 'mer_two' as never })
  expect(await read(foreign, [null])).toMatchObject({ answer: { ok: false, error: { reason: 'not_found' } }, gets: 1 })
})

it.each([
  ['nothing', null],
  ["another merchant's", snapshot(view(), { merchantId: 'mer_two' as never })],
  ["the other mode's", snapshot(view(), { mode: 'live' })],
])('is not found when the object has %s', async (_name, told) => {
  const { answer, asked } = await read(null, [told])
  expect(answer).toEqual({ ok: false, error: { reason: 'not_found' } })
  expect(asked.kept).toEqual([])
})

it('asks twice, then says that it cannot tell', async () => {
  expect(await read(null, [new Error('reset'), OPEN])).toMatchObject({
    answer: { ok: true },
    gets: 2,
    noted: ['get_repeated'],
  })
  expect(await read(null, [new Error('reset'), new Error('reset')])).toMatchObject({
    answer: { ok: false, error: { reason: 'unavailable' } },
    gets: 2,
    noted: ['get_repeated', 'get_failed'],
  })
})
