import type { Messages } from './messages/messages.ts'

/** `amount` is a decimal string; `format` reads it exactly, no float is made of it. */
export const money = ({ locale }: Messages, amount: string, currency: string): string =>
  new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    minimumFractionDigits: amount.split('.')[1]?.length ?? 0,
  }).format(amount as `${number}`)

/** ISO 3166-1 alpha-2 → its name. */
export const countryName = ({ locale }: Messages, code: string): string =>
  new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** "40 seconds", "1 minute", in the language's own plurals: the largest unit of which there is one at least, rounded down. */
export const duration = ({ locale }: Messages, ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? (['second', 1] as const)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.floor(seconds / size))
}

/** A moment, in UTC: the page does not know where its reader is. */
export const moment = ({ locale }: Messages, rfc3339: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'long', timeZone: 'UTC' }).format(new Date(rfc3339))
