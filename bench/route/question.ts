/** Ten gateways on five rails, fifty rules, and a payment that all gateways could take: the largest question that is usual. */
import { routeRequest } from '../../src/consumer/route-request.ts'
import type { DecideCore } from '../../src/contracts/decide.ts'
import type { RouteObservation, RoutePolicy, RouteRequest } from '../../src/contracts/route.ts'
import type { MerchantId, PaymentId } from '../../src/domain/ids.ts'

const RAILS = ['MTN_MOMO_ZMB', 'AIRTEL_ZMB', 'ZAMTEL_ZMB', 'MTN_MOMO_UGA', 'AIRTEL_UGA'] as const
const NAMES = Array.from({ length: 10 }, (_, i) => `gateway-${i}`)
const T0 = 1_790_000_000_000

const currencyOf = (rail: string) =>
  rail.endsWith('ZMB') ? { code: 'ZMW', decimals: 2, minMinor: '100' } : { code: 'UGX', decimals: 0 }

export const policy: RoutePolicy = {
  version: 'bench',
  gateways: NAMES.map((name) => ({
    name,
    capabilities: ['refund', 'cancel'],
    providers: RAILS.map((code) => ({ code, country: code.slice(-3), currencies: [currencyOf(code)] })),
  })),
  rules: [
    ...NAMES.map((gateway, i) => ({
      id: `cost-${i}`,
      effect: { kind: 'cost' as const, gateway, feeBp: 100 + i, paidBy: 'merchant' as const },
    })),
    // Of other shops: read for each payment, and passed by.
    ...Array.from({ length: 38 }, (_, i) => ({
      id: `shop-${i}`,
      when: { merchants: [`mer_${i}`], countries: ['ZMB'] },
      effect: { kind: 'priority' as const, gateways: [...NAMES].reverse() },
    })),
    {
      id: 'large',
      when: { currencies: ['ZMW'], fromMinor: '100000' },
      effect: { kind: 'exclude' as const, gateways: NAMES.slice(5) },
    },
    {
      id: 'split',
      effect: { kind: 'split' as const, shares: NAMES.map((gateway) => ({ gateway, percent: 10 })) },
    },
  ],
  settings: { lowValueMinor: { ZMW: '5000' } },
}

/** Two minutes of traffic everywhere. */
export const observations: readonly RouteObservation[] = Array.from({ length: 120 }, (_, second) =>
  NAMES.flatMap((gateway) =>
    RAILS.flatMap((rail): RouteObservation[] => [
      { gateway, rail, nowMs: T0 + 1_000 * second, seen: { kind: 'prompted', afterMs: 3_000 } },
      { gateway, rail, nowMs: T0 + 1_000 * second, seen: { kind: 'succeeded' } },
    ]),
  ),
).flat()

/** Made as the payment's object makes it. */
export const requestOf = (i: number, providersOf: DecideCore['providersOf']): RouteRequest => ({
  ...routeRequest(
    {
      paymentId: `pay_${i}` as PaymentId,
      merchantId: 'mer_bench' as MerchantId,
      provider: 'MTN_MOMO_ZMB',
      currency: 'ZMW',
      amountMinor: '4200',
    },
    'request',
    [],
    providersOf,
    T0 + 120_000,
  ),
  needs: ['refund'],
})
