/** What was asked for, what was measured, and whether that is enough. */
export interface Target {
  readonly name: string
  readonly measured: number
  readonly unit: 'ms' | 'µs' | '×' | 'hops' | 'KB' | 'payments' | '%'
  readonly bound: { readonly atMost: number } | { readonly atLeast: number } | { readonly exactly: number }
}

/** A measurement that is missing (NaN) meets nothing. */
export const isMet = ({ measured, bound }: Target): boolean => {
  if ('atMost' in bound) return measured <= bound.atMost
  if ('atLeast' in bound) return measured >= bound.atLeast
  return measured === bound.exactly
}

export const wanted = ({ bound, unit }: Target): string => {
  if ('atMost' in bound) return `≤ ${bound.atMost} ${unit}`
  if ('atLeast' in bound) return `≥ ${bound.atLeast} ${unit}`
  return `${bound.exactly} ${unit}`
}

/** Three figures at most: what lies behind them is noise. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '–'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toFixed(digits).replace(/\.0+$/, '')
}
