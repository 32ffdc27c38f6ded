import type { AttemptState, DecideCore } from '../contracts/decide.ts'
import type { BeginInput } from '../contracts/payment-object.ts'
import type { RoutedAttempt, RoutedOutcome, RouteRequest } from '../contracts/route.ts'
import { CALLED_OFF } from './call-off.ts'
import { causeOf } from './refusal-cause.ts'

/** What the reducer keeps open may still be captured, and so the router hears of it. */
const outcomeOf = ({ status, failureCode, refused }: AttemptState): RoutedOutcome => {
  if (failureCode === 'not_sent') return { outcome: 'not_sent' }
  switch (status) {
    case 'succeeded':
    case 'expired':
    case 'pending':
    case 'needs_action':
      return { outcome: status }
    case 'failed':
      if (failureCode === CALLED_OFF) return { outcome: 'cancelled' }
      return { outcome: refused ? 'refused' : 'failed', cause: causeOf(failureCode) }
    // Of the doubt it is only known that there is one.
    case 'created':
    case 'unknown':
      return { outcome: 'unknown', doubt: { why: 'unreadable' } }
  }
}

export const routedAttempt = (attempt: AttemptState): RoutedAttempt => ({
  gateway: attempt.gateway,
  ...outcomeOf(attempt),
})

/** In which country a provider is; empty for one that no gateway here knows, which the router then says. */
const countryOf = (provider: string, currency: string, providersOf: DecideCore['providersOf']): string =>
  providersOf(currency).find(({ providers }) => providers.some(({ code }) => code === provider))?.code ?? ''

/** What the router is asked. Nothing of the customer is in it. `attempts`: see `RouteRequest`. */
export const routeRequest = (
  input: Pick<BeginInput, 'paymentId' | 'merchantId' | 'provider' | 'currency' | 'amountMinor'>,
  trigger: RouteRequest['trigger'],
  attempts: readonly AttemptState[],
  providersOf: DecideCore['providersOf'],
  nowMs: number,
): RouteRequest => ({
  paymentId: input.paymentId,
  merchant: input.merchantId,
  country: countryOf(input.provider, input.currency, providersOf),
  provider: input.provider,
  currency: input.currency,
  amountMinor: input.amountMinor,
  trigger,
  attempts: attempts.map(routedAttempt),
  nowMs,
})
