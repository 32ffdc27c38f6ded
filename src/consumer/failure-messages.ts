/** What a customer or a shop reads. Gateways' own messages are for developers, so theirs are not shown. */
const MESSAGES: Readonly<Record<string, string>> = {
  PAYER_NOT_FOUND: 'This phone number has no wallet with the chosen provider.',
  PAYMENT_NOT_APPROVED: 'The payment was not approved on the phone in time.',
  PAYER_LIMIT_REACHED: 'The wallet has reached a limit of its provider.',
  WALLET_LIMIT_REACHED: 'The wallet has reached a limit of its provider.',
  PAYMENT_IN_PROGRESS: 'Another payment is waiting on this phone. It can take ten minutes to clear.',
  TRANSACTION_ALREADY_IN_PROCESS: 'Another payment is waiting on this phone. It can take ten minutes to clear.',
  INSUFFICIENT_BALANCE: 'There is not enough money in the wallet.',
  AMOUNT_OUT_OF_BOUNDS: 'The provider does not take a payment of this amount.',
  AMOUNT_TOO_SMALL: 'The amount is smaller than the provider takes.',
  AMOUNT_TOO_LARGE: 'The amount is larger than the provider takes.',
  INVALID_AMOUNT: 'The provider does not take this amount.',
  INVALID_CURRENCY: 'The provider does not take this currency.',
  INVALID_PHONE_NUMBER: 'The provider does not know this phone number.',
  INVALID_PROVIDER: 'This provider is not available.',
  PROVIDER_TEMPORARILY_UNAVAILABLE: 'The provider is not available at the moment. Try again later.',
  called_off: 'The payment was called off for another try. No money was taken.',
  expired: 'The payment was not completed in time. No money was taken.',
  not_received: 'The payment never reached the provider. No money was taken.',
  not_sent: 'The payment was not sent. No money was taken.',
  policy_amount_cap: 'The amount is more than this shop may take in one payment. Nothing was sent.',
  policy_day_cap:
    'The shop has reached what it may take in one day, or would with this amount. Nothing was sent. Try again tomorrow.',
  policy_currency: 'This shop takes no payments in this currency. Nothing was sent.',
  policy_provider: 'This shop takes no payments from this provider. Nothing was sent.',
  policy_country: 'This shop takes no payments from this country. Nothing was sent.',
  policy_hours: 'This shop takes no payments at this time of day. Nothing was sent.',
  policy_amount_limit: 'The provider does not take a payment of this amount. Nothing was sent.',
}

export const failureMessage = (code: string, refused: boolean): string =>
  MESSAGES[code] ??
  (refused ? 'The provider refused the payment. No money was taken.' : 'The provider reported that the payment failed.')
