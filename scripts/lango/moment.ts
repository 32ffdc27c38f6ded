const MOMENT = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/

/**
 * A day, which is that day at 0:00 UTC, or a time with its zone, as RFC 3339. `Date` alone takes `2` for a month of 2001 and
 * 31 February for March. Throws.
 */
export const moment = (flag: string, text: string): string => {
  const [, day] = MOMENT.exec(text) ?? []
  const atMs = day === undefined ? Number.NaN : Date.parse(text)
  const dayMs = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(atMs) || Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== day)
    throw new Error(`${flag}: "${text}" is no time: write 2026-11-01 or 2026-11-21T08:00:00Z.`)
  return new Date(atMs).toISOString()
}

/** The same for both ends, the first of them included. Throws when there is nothing between. */
export const span = (from: string, to: string): { readonly from: string; readonly to: string } => {
  const between = { from: moment('--from', from), to: moment('--to', to) }
  if (between.from >= between.to) throw new Error(`--from ${from} is not before --to ${to}.`)
  return between
}
