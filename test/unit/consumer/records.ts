import type { PaymentRecord } from '../../../src/consumer/payment-record.ts'
import type { AttemptState, PaymentState, RefundState } from '../../../src/contracts/decide.ts'
import type { GatewayReference } from '../../../src/domain/ids.ts'
import { MERCHANT, PAYMENT, PRINT } from '../../flows/fakes.ts'

/** When the payment of these was begun. */
export const NOW = Date.parse('2026-11-21T08:00:00.000Z')

/** Every field of the state as the reducer writes it, with what a test is about laid over it. */
export const attempt = (n: number, over: Partial<AttemptState> = {}): AttemptState => ({
  n,
  gateway: 'pawapay',
  reference: `00000000-0000-4000-8000-00000000000${n}` as GatewayReference,
  status: 'pending',
  refused: false,
  failureCode: null,
  providerTransactionId: null,
  createdAtMs: NOW + n,
  nextPollAtMs: null,
  polls: 0,
  capturedHeardAtMs: null,
  notFounds: 0,
  callLost: false,
  capturedMinor: null,
  ...over,
})

export const refund = (n: number, of: number, over: Partial<RefundState>): RefundState => ({
  n,
  attempt: of,
  key: `key-${n}`,
  reason: 'requested',
  reference: `00000000-0000-4000-8000-00000000001${n}` as GatewayReference,
  amountMinor: '0',
  status: 'succeeded',
  refused: false,
  failureCode: null,
  providerTransactionId: null,
  createdAtMs: NOW,
  begunAtMs: NOW,
  nextPollAtMs: null,
  polls: 0,
  notFounds: 0,
  ...over,
})

export const record = (state: Partial<PaymentState> = {}, over: Partial<PaymentRecord> = {}): PaymentRecord => ({
  paymentId: PAYMENT,
  merchantId: MERCHANT,
  mode: 'test',
  natural: { kind: 'invoice', value: 'INV-1' },
  invoice: 'INV-1',
  sessionId: 'session-1',
  phoneMasked: '2607••••6789',
  provider: 'MTN_MOMO_ZMB',
  gateway: 'pawapay',
  metadata: null,
  returnUrl: null,
  fingerprint: PRINT,
  wakeAtMs: null,
  askedAtMs: null,
  questions: [],
  told: true,
  state: {
    v: 1,
    status: 'pending',
    amountMinor: '1050',
    currency: 'ZMW',
    attempts: [attempt(1)],
    fulfilment: { status: 'none', deliveredVia: null, atMs: null },
    reviewReason: null,
    doubles: [],
    lateSuccess: false,
    nextAction: null,
    succeededAtMs: null,
    createdAtMs: NOW,
    updatedAtMs: NOW + 1_000,
    refunds: [],
    ...state,
  },
  ...over,
})
