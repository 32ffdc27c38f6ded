import type { DecideCore } from '../../src/contracts/decide.ts'
import type { Claim, ClaimAnswer, Meter, PaymentLock } from '../../src/contracts/payment-lock.ts'
import type { BeginInput, Fingerprint, Snapshot } from '../../src/contracts/payment-object.ts'
import type { GatewayReference, MerchantId, Msisdn, PaymentId } from '../../src/domain/ids.ts'
import { isFinal, type PaymentStatus, type PaymentView } from '../../src/domain/payment.ts'
import type { RateLimits } from '../../src/flows/rate-limits.ts'

export const MERCHANT = 'mer_one' as MerchantId
export const PAYMENT = 'pay_00000000000000000000000001' as PaymentId
export const OTHER_PAYMENT = 'pay_00000000000000000000000002' as PaymentId
export const SEAL = { mac: 'good', kid: '1' }

const EXPONENTS: Readonly<Record<string, number>> = { ZMW: 2, XOF: 0, UGX: 0, KES: 2 }
const CALLING_CODES: Readonly<Record<string, string>> = { ZMB: '260', BEN: '229', KEN: '254', UGA: '256' }

/** A stand-in with the core's rules in miniature; the core itself is tested natively and in workerd. */
export const fakeDecide: Pick<DecideCore, 'checkDeposit' | 'knownCurrency' | 'parseAmount' | 'predictProvider'> = {
  knownCurrency: (currency) => currency in EXPONENTS,
  parseAmount(amount, currency) {
    const exponent = EXPONENTS[currency]
    const [whole = '', fraction = ''] = amount.split('.')
    if (exponent === undefined || fraction.replace(/0+$/, '').length > exponent) return null
    return BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0')).toString()
  },
  checkDeposit({ amount, currency, provider, phoneNumber }) {
    const country = provider.slice(-3)
    const code = CALLING_CODES[country]
    if (!code) return { ok: false, errors: [{ field: 'provider', message: 'This provider is not known.' }] }
    if (!phoneNumber.startsWith(code))
      return { ok: false, errors: [{ field: 'phoneNumber', message: `This is not a number of ${country}.` }] }
    return { ok: true, amountMinor: this.parseAmount(amount, currency) ?? '0', country }
  },
  predictProvider: (phoneNumber) =>
    phoneNumber.startsWith('26076') ? { provider: 'MTN_MOMO_ZMB', country: 'ZMB' } : null,
}

export const view = (
  over: Partial<PaymentView> & { attemptStatus?: PaymentView['attempts'][number]['status'] } = {},
): PaymentView => {
  const { attemptStatus, ...rest } = over
  const status: PaymentStatus = rest.status ?? 'pending'
  return {
    id: PAYMENT,
    status,
    amount: '10.50',
    currency: 'ZMW',
    phoneNumber: '2607••••6789',
    provider: 'MTN_MOMO_ZMB',
    gateway: 'pawapay',
    invoice: 'INV-1',
    sessionId: 'session-1',
    attempts: [
      {
        n: 1,
        gateway: 'pawapay',
        reference: '00000000-0000-4000-8000-000000000001' as GatewayReference,
        status: attemptStatus ?? (status === 'succeeded' || status === 'failed' ? status : 'pending'),
        createdAt: '2026-11-21T08:00:00.000Z',
      },
    ],
    fulfilment: { status: 'none' },
    refundedAmount: '0.00',
    createdAt: '2026-11-21T08:00:00.000Z',
    updatedAt: '2026-11-21T08:00:01.000Z',
    ...rest,
  }
}

export const PRINT: Fingerprint = { amount: 'a', currency: 'c', phoneNumber: 'p', invoice: 'i', provider: 'v' }

/** When the flows under test are asked. */
export const NOW_MS = 1_795_248_000_000

export const snapshot = (of: PaymentView, over: Partial<Snapshot> = {}): Snapshot => ({
  text: JSON.stringify(of),
  merchantId: MERCHANT,
  mode: 'test',
  fingerprint: PRINT,
  final: isFinal(of.status),
  ttlMs: 60_000,
  expiresAtMs: NOW_MS + 60_000,
  seal: SEAL,
  ...over,
})

export const beginInput = (over: Partial<BeginInput> = {}): BeginInput => ({
  v: 1,
  paymentId: PAYMENT,
  merchantId: MERCHANT,
  mode: 'test',
  natural: { kind: 'invoice', value: 'INV-1' },
  invoice: 'INV-1',
  sessionId: 'session-1',
  amountMinor: '1050',
  currency: 'ZMW',
  phoneNumber: '260763456789' as Msisdn,
  provider: 'MTN_MOMO_ZMB',
  gateway: 'pawapay',
  keyHash: 'k'.repeat(64),
  fingerprint: PRINT,
  waitMs: 5_000,
  ...over,
})

/** No limits. */
export const UNLIMITED: RateLimits = { merchant: null, phone: null, gateway: null }

/** A lock that answers what it is told to and remembers what it was asked. */
export const fakeLock = (answer: ClaimAnswer, kept: Snapshot | null = null) => {
  const asked: { claims: Claim[]; meters: Meter[]; released: Claim[]; kept: Snapshot[]; counted: Meter[] } = {
    claims: [],
    meters: [],
    counted: [],
    released: [],
    kept: [],
  }
  const lock: PaymentLock = {
    claim: async (claim, meters = []) => {
      asked.claims.push(claim)
      asked.meters.push(...meters)
      return answer
    },
    release: async (claim) => {
      asked.released.push(claim)
    },
    snapshot: async () => kept,
    keep: async (_owner, snapshot, _claim, meters = []) => {
      asked.kept.push(snapshot)
      asked.counted.push(...meters)
    },
    ping: async () => 'ok',
  }
  return { lock, asked }
}
