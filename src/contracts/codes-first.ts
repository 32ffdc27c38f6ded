/** Made of src/gateways by scripts/known-gateways.ts. Do not edit. */

/** Gateway → the providers of which it wants a code that the customer makes beforehand. */
export const CODES_FIRST: Readonly<Record<string, readonly string[]>> = {
  cinetpay: [],
  flutterwave: [],
  mtn: [],
  pawapay: ['ORANGE_BFA'],
  paystack: [],
  wave: [],
}
