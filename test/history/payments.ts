import type { Capture, Durable, Ended, Fulfilled, History, Posting, Said, Send, Told } from './history.ts'

/** Hand-made facts of one payment of 15.50 ZMW. What a test does not say is as it is when all goes well. */
export const PAYMENT = 'pay_one'
export const FIRST = 'ref-1'
export const SECOND = 'ref-2'

type Attempts = Told['attempts']
const money = { amountMinor: '1550', currency: 'ZMW' }

export const one = (status: string, reference = FIRST): Attempts => [{ n: 1, reference, status }]
export const two = (first: string, second: string, reference = SECOND): Attempts => [
  { n: 1, reference: FIRST, status: first },
  { n: 2, reference, status: second },
]

export const durable = (over: Partial<Durable> = {}): Durable => ({
  paymentId: PAYMENT,
  n: 1,
  reference: FIRST,
  durableAt: 10,
  ...over,
})
export const send = (over: Partial<Send> = {}): Send => ({
  at: 20,
  gateway: 'pawapay',
  reference: FIRST,
  ...money,
  ...over,
})
export const capture = (over: Partial<Capture> = {}): Capture => ({
  at: 30,
  gateway: 'pawapay',
  reference: FIRST,
  ...money,
  ...over,
})
export const said = (word: Said['word'], at: number, reference = FIRST): Said => ({ at, reference, word })
export const told = (status: Told['status'], at: number, over: Partial<Told> = {}): Told => ({
  at,
  paymentId: PAYMENT,
  status,
  ...money,
  attempts: one(status),
  ...over,
})
export const ended = (status: Ended['status'], over: Partial<Ended> = {}): Ended => ({
  paymentId: PAYMENT,
  status,
  ...money,
  attempts: one(status),
  doubles: [],
  refundsOfDoubles: over.doubles ?? [],
  lateSuccess: false,
  reviewReason: null,
  fulfilment: status === 'succeeded' ? 'fulfilled' : 'none',
  ...over,
})
export const fulfilled = (over: Partial<Fulfilled> = {}): Fulfilled => ({
  at: 50,
  paymentId: PAYMENT,
  reference: FIRST,
  ...over,
})
export const postings = (over: Partial<Posting> = {}): Posting[] => [
  {
    entryId: 'dep_1',
    reference: FIRST,
    account: 'gateway:pawapay:clearing',
    direction: 'debit',
    ...money,
    ...over,
  },
  { entryId: 'dep_1', reference: FIRST, account: 'merchant:m:payable', direction: 'credit', ...money, ...over },
]

const NOTHING: History = {
  asked: [],
  told: [],
  sends: [],
  captures: [],
  said: [],
  durable: [],
  postings: [],
  fulfilled: [],
  ended: [],
  settled: true,
}

/** Nothing happened but this. */
export const only = (over: Partial<History>): History => ({ ...NOTHING, ...over })

/** One payment that went well. */
export const paid = (over: Partial<History> = {}): History => ({
  asked: [
    {
      at: 5,
      answeredAt: 25,
      merchant: 'm',
      natural: 'INV-1',
      key: 'k1',
      ...money,
      http: 201,
      paymentId: PAYMENT,
    },
  ],
  told: [told('pending', 25), told('succeeded', 60)],
  sends: [send()],
  captures: [capture()],
  said: [said('succeeded', 31)],
  durable: [durable()],
  postings: postings(),
  fulfilled: [fulfilled()],
  ended: [ended('succeeded')],
  settled: true,
  ...over,
})

/** The gateway said *failed*, the shop tried again, and the second attempt was taken. */
export const retried = (over: Partial<History> = {}): History =>
  paid({
    told: [told('failed', 25), told('pending', 35, { attempts: two('failed', 'pending') })],
    said: [said('failed', 22)],
    sends: [send(), send({ at: 33, reference: SECOND })],
    durable: [durable(), durable({ n: 2, reference: SECOND, durableAt: 32 })],
    captures: [capture({ at: 40, reference: SECOND })],
    postings: postings({ reference: SECOND }),
    fulfilled: [fulfilled({ reference: SECOND })],
    ended: [ended('succeeded', { attempts: two('failed', 'succeeded') })],
    ...over,
  })

/** The gateway said *failed*, the shop tried again, and then both were taken. */
export const doubled = (over: Partial<History> = {}): History =>
  paid({
    told: [told('failed', 30), told('pending', 45, { attempts: two('failed', 'pending') })],
    sends: [send(), send({ at: 42, reference: SECOND })],
    said: [said('failed', 28), said('succeeded', 47, SECOND), said('succeeded', 70)],
    durable: [durable(), durable({ n: 2, reference: SECOND, durableAt: 41 })],
    captures: [capture({ at: 46, reference: SECOND }), capture({ at: 65 })],
    postings: postings({ reference: SECOND }),
    fulfilled: [fulfilled({ reference: SECOND })],
    ended: [ended('succeeded', { attempts: two('succeeded', 'succeeded'), doubles: [1] })],
    ...over,
  })
