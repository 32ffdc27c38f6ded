/** ISO 4217 currencies without decimals, of those that mobile money moves. All the others here have two. */
const WHOLE: readonly string[] = ['BIF', 'GNF', 'RWF', 'UGX', 'XAF', 'XOF']

/** "15.5" ZMW → "1550"; "15.00" UGX → "15". Text that is no such amount stays as it is: it is compared, not added up. */
export const minorUnits = (amount: string, currency: string): string => {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(amount) ?? []
  if (whole === undefined) return amount
  const decimals = WHOLE.includes(currency) ? 0 : 2
  if (/[1-9]/.test(fraction.slice(decimals))) return amount
  return BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0')).toString()
}
