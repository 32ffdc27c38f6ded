/** How many decimals a currency has (ISO 4217). Written down again here: simulators share nothing with what they judge. */
const DECIMALS: Readonly<Record<string, number>> = { XOF: 0, XAF: 0, RWF: 0, UGX: 0, GNF: 0 }

export const decimalsOf = (currency: string): number => DECIMALS[currency] ?? 2

/** `15.5` in ZMW is 1550; undefined when it is no amount of that currency. */
export const minorOf = (amount: string, currency: string): string | undefined => {
  const [, whole, fraction = ''] = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(amount) ?? []
  const decimals = decimalsOf(currency)
  const kept = fraction.replace(/0+$/, '')
  if (whole === undefined || kept.length > decimals) return undefined
  return BigInt(whole + kept.padEnd(decimals, '0')).toString()
}

/** 1550 of ZMW is `15.5`: a JSON number as most servers write it. */
export const decimalOf = (amountMinor: string, currency: string): number =>
  Number(amountMinor) / 10 ** decimalsOf(currency)
