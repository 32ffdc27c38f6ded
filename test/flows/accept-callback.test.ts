import { expect, it } from 'vitest'
import type { ExpectedCallback, KeptMessage } from '../../src/contracts/payment-object.ts'
import type { QueueMessage } from '../../src/contracts/queue.ts'
import type { CallbackAnswer, RawCallback, Verdict } from '../../src/contracts/vault.ts'
import type { GatewayReference } from '../../src/domain/ids.ts'
import { acceptCallback, dedupIdOf } from '../../src/flows/accept-callback.ts'
import { PAYMENT } from './fakes.ts'

const VERDICT: Verdict = {
  v: 1,
  gateway: 'pawapay',
  operation: 'deposit',
  authentic: 'signed',
  reference: '00000000-0000-4000-8000-000000000001' as GatewayReference,
  paymentId: PAYMENT,
  attempt: 1,
  outcome: 'succeeded',
  failureCode: null,
  amountMinor: '1050',
  currency: 'ZMW',
  providerTransactionId: null,
  bodySha256: 'ab'.repeat(32),
  receivedAtMs: 0,
}
const ATTESTED = { v: 1, text: JSON.stringify(VERDICT), mac: 'cd'.repeat(32), kid: '1' } as const
const verified = (over: Partial<Verdict> = {}): CallbackAnswer => ({
  kind: 'verified',
  verdict: { ...VERDICT, ...over },
  attested: ATTESTED,
})
const CALLBACK: RawCallback = {
  v: 1,
  gateway: 'pawapay',
  operation: 'deposits',
  method: 'POST',
  url: 'https://pay.example.com/webhooks/pawapay/deposits',
  headers: [],
  body: new TextEncoder().encode('{"payer":{"accountDetails":{"phoneNumber":"260763456789"}}}'),
}

const RESET = new Error('reset')
const EXPECTED = { paymentId: PAYMENT, attempt: 1 }

const accept = async (
  answer: CallbackAnswer | Error,
  queue: 'published' | 'failed',
  object: boolean | Error = true,
) => {
  const published: { message: QueueMessage; dedupId: string; flow?: string }[] = []
  const kept: KeptMessage[] = []
  const notes: [string, unknown][] = []
  const expected: ExpectedCallback[] = []
  const late: Promise<unknown>[] = []
  const result = await acceptCallback(
    {
      verifyCallback: async () => {
        if (answer instanceof Error) throw answer
        return answer
      },
      publish: async (message, dedupId, flow) => {
        published.push({ message, dedupId, ...(flow ? { flow } : {}) })
        return queue
      },
      payment: () => ({
        keep: async (message) => {
          if (object instanceof Error) throw object
          kept.push(message)
          return object
        },
      }),
      expectCallback: async (told) => void expected.push(told),
      later: (work) => late.push(work),
      note: (event, error) => notes.push([event, error]),
    },
    CALLBACK,
  )
  await Promise.all(late)
  return { result, published, kept, notes, expected, late }
}

it('T40: is accepted once the queue has it', async () => {
  const { result, published, kept } = await accept(verified(), 'published')
  expect(result).toMatchObject({ ok: true, value: { durable: 'queue' } })
  expect(published[0]?.message).toEqual({ v: 1, kind: 'callback', via: 'qstash', attested: ATTESTED })
  expect(kept).toEqual([])
})

it('T43: the object is told what to expect of the queue, after a success or a hint', async () => {
  expect((await accept(verified(), 'published')).expected).toEqual([EXPECTED])
  expect((await accept(verified({ authentic: 'hint' }), 'published')).expected).toEqual([EXPECTED])
  expect((await accept(verified({ outcome: 'failed' }), 'published')).expected).toEqual([])
  for (const nothing of [{ paymentId: null, attempt: null }, { paymentId: null }, { attempt: null }])
    expect((await accept(verified(nothing), 'published')).expected).toEqual([])
})

it('T43: … and the gateway does not wait for that', async () => {
  const { result, late } = await accept(verified(), 'published')
  expect(result).toMatchObject({ ok: true, value: { durable: 'queue' } })
  expect(late).toHaveLength(1)
})

it('T34: a hint about nothing of ours costs no message', async () => {
  const { result, published, kept } = await accept(verified({ authentic: 'hint', paymentId: null }), 'published')
  expect(result).toMatchObject({ ok: true, value: { durable: 'nowhere' } })
  expect([published, kept]).toEqual([[], []])
})

it('T40: is accepted when the queue fails and the object keeps it, as the message that it would have been', async () => {
  const { result, published, kept, expected } = await accept(verified(), 'failed', true)
  expect(result).toMatchObject({ ok: true, value: { durable: 'object' } })
  const body = JSON.stringify({ v: 1, kind: 'callback', via: 'outbox', attested: ATTESTED })
  expect(kept).toEqual([{ v: 1, kind: 'callback', body, dedupId: published[0]?.dedupId }])
  // The outbox hands it to the same queue.
  expect(expected).toEqual([EXPECTED])
})

it.each([
  ['the object has no such payment', verified(), false, []],
  ['the object does not answer', verified(), RESET, [['keep_failed', RESET]]],
  ['the reference is not ours', verified({ paymentId: null }), true, []],
] as const)('T40: is to be sent again when the queue fails and %s', async (_name, answer, object, noted) => {
  const { result, expected, notes } = await accept(answer, 'failed', object)
  expect(result).toEqual({ ok: false, error: { reason: 'unavailable', part: 'queue' } })
  expect(expected).toEqual([])
  expect(notes).toEqual(noted)
})

it.each(['operation_mismatch', 'reference_malformed'])(
  'is no forgery when it is authentic and not ours: %s',
  async (reason) => {
    const { result, published, notes } = await accept({ kind: 'refused', reason }, 'published')
    expect(result).toEqual({ ok: false, error: { reason: 'not_found' } })
    expect(notes).toEqual([['callback_refused', reason]])
    expect(published).toEqual([])
  },
)

it('is refused with one reason for the sender and the true one for our log; nothing is queued', async () => {
  const { result, published, notes } = await accept({ kind: 'refused', reason: 'digest_mismatch' }, 'published')
  expect(result).toEqual({ ok: false, error: { reason: 'unauthenticated' } })
  expect(notes).toEqual([['callback_refused', 'digest_mismatch']])
  expect(published).toEqual([])
})

it.each([
  ['the vault has no keys', { kind: 'unavailable', reason: 'no_keys' } as const, []],
  ['the vault does not answer', RESET, [['verify_failed', RESET]]],
])('is to be sent again when %s', async (_name, answer, noted) => {
  const { result, published, notes } = await accept(answer, 'published')
  expect(notes).toEqual(noted)
  expect(result).toEqual({ ok: false, error: { reason: 'unavailable', part: 'vault' } })
  expect(published).toEqual([])
})

it('is to be sent again when it names a key that the gateway may have just begun to use, and that is noted', async () => {
  const answer = { kind: 'unavailable', reason: 'public keys: paused', unknownKey: true } as const
  const { result, published, notes } = await accept(answer, 'published')
  expect(result).toEqual({ ok: false, error: { reason: 'unavailable', part: 'keys' } })
  expect(notes).toEqual([['callback_unjudged', 'public keys: paused']])
  expect(published).toEqual([])
})

it('T37: names the same word alike and another word otherwise, in characters that QStash takes', () => {
  const id = dedupIdOf(VERDICT)
  const halfHour = Math.floor(VERDICT.receivedAtMs / 1_800_000)
  expect(id).toBe(`cb_pawapay_00000000-0000-4000-8000-000000000001_succeeded_signed_${'ab'.repeat(16)}_${halfHour}`)
  expect(dedupIdOf({ ...VERDICT, receivedAtMs: halfHour * 1_800_000 + 1_799_999 })).toBe(id)
  for (const other of [{ outcome: 'failed' }, { bodySha256: 'ee'.repeat(32) }, { authentic: 'hint' }] as const)
    expect(dedupIdOf({ ...VERDICT, ...other })).not.toBe(id)
  expect(dedupIdOf({ ...VERDICT, bodySha256: 'a:b/c+d=' })).toMatch(/^[A-Za-z0-9_-]+_a-b-c-d-_\d+$/)
})

it('T43: what is sent anew after its message may have died is not passed over, however long the queue remembers ids', () => {
  const livesMs = 33 * 60_000
  const ids = [0, livesMs, 2 * livesMs].map((ms) => dedupIdOf({ ...VERDICT, receivedAtMs: VERDICT.receivedAtMs + ms }))
  expect(new Set(ids).size).toBe(3)
})

it('T34: hints, which anybody can make up, are one message in ten seconds, and wait in a line of their own', async () => {
  const hint = { ...VERDICT, gateway: 'mtn', authentic: 'hint', receivedAtMs: 1_000_000 } as const
  const id = dedupIdOf(hint)
  expect(id).toBe('cb_mtn_00000000-0000-4000-8000-000000000001_succeeded_hint_100')
  expect(dedupIdOf({ ...hint, bodySha256: 'ee'.repeat(32), receivedAtMs: 1_009_999 })).toBe(id)
  expect(dedupIdOf({ ...hint, receivedAtMs: 1_010_000 })).not.toBe(id)
  expect((await accept(verified(hint), 'published')).published).toMatchObject([
    { dedupId: id, flow: 'callback_hint_mtn' },
  ])
  expect((await accept(verified(), 'published')).published[0]?.flow).toBeUndefined()
})

it('T55: what is queued holds no phone number', async () => {
  const { published } = await accept(verified(), 'published')
  expect(JSON.stringify(published)).not.toContain('260763456789')
})
