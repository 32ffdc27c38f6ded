import type { DecideCore, ProviderCountry } from '../contracts/decide.ts'
import type { GatewayReference, PaymentId } from '../domain/ids.ts'
import * as wasm from './generated/decide.js'

/** For arguments that only a bug can produce. Nothing of them is quoted: one may be a key. */
const must = (answer: string | undefined, complaint: string): string => {
  if (answer === undefined) throw new RangeError(complaint)
  return answer
}

const providers = new Map<string, readonly ProviderCountry[]>()

/** Read once for each currency that has any: it is a table, and the router is asked with it for each attempt. */
const providersOf = (currency: string): readonly ProviderCountry[] => {
  const known = providers.get(currency)
  if (known) return known
  const countries = JSON.parse(wasm.providersOf(currency)) as readonly ProviderCountry[]
  if (countries.length > 0) providers.set(currency, countries)
  return countries
}

/**
 * Loads decide.wasm into this isolate. The module is pure and keyless, so one instance serves all callers: a second call gives
 * the functions of the first one.
 */
export const createDecideCore = (module: WebAssembly.Module): DecideCore => {
  wasm.initSync({ module })
  return {
    paymentId: (merchantId, mode, { kind, value }) => wasm.paymentId(merchantId, mode, kind, value) as PaymentId,

    gatewayReference: (referenceKey, paymentId, attempt) => {
      // WebAssembly would wrap other numbers into its 32 bits, and thereby into another attempt.
      const exists = Number.isSafeInteger(attempt) && attempt >= 1 && attempt <= 255
      return must(
        exists ? wasm.gatewayReference(referenceKey, paymentId, attempt) : undefined,
        'A gateway reference needs a key of 64 hex digits, a payment id and an attempt of 1 to 255.',
      ) as GatewayReference
    },

    step: (state, event) => JSON.parse(wasm.step(JSON.stringify(state), JSON.stringify(event))),

    checkDeposit: ({ amount, currency, provider, phoneNumber }) =>
      JSON.parse(wasm.checkDeposit(amount, currency, provider, phoneNumber)),

    parseAmount: (amount, currency) => wasm.parseAmount(amount, currency) ?? null,

    formatAmount: (amountMinor, currency) =>
      must(wasm.formatAmount(amountMinor, currency), 'Minor units are a whole number of a known currency.'),

    knownCurrency: (currency) => wasm.knownCurrency(currency),

    predictProvider: (phoneNumber) => JSON.parse(wasm.predictProvider(phoneNumber)),

    providersOf,

    version: () => ({ version: wasm.version(), buildId: wasm.buildId() }),
  }
}
