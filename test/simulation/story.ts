import type { Line } from './notes.ts'

const LINES_MAX = 80
const PAYMENT = /pay_[0-9a-f]{26}/
const REFERENCE = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
const KEY = /\bkey-[\w-]+/

/** What happened to the payment that a violation names, line by line. */
export const storyOf = (lines: readonly Line[], violation: string): string[] => {
  const names = [PAYMENT, REFERENCE, KEY].flatMap((pattern) => pattern.exec(violation)?.[0] ?? [])
  const isAbout = ({ about, text }: Line) =>
    names.some((name) => new RegExp(String.raw`${name}(?![\w-])`).test(`${about} ${text}`))
  // The payment of a reference, and its other references, belong to it.
  for (const line of lines) {
    if (!isAbout(line) || line.about === 'log') continue
    for (const pattern of [PAYMENT, REFERENCE]) {
      const found = pattern.exec(`${line.about} ${line.text}`)?.[0]
      if (found && !names.includes(found)) names.push(found)
    }
  }
  const own = lines.filter(isAbout)
  const shown = own.slice(-LINES_MAX)
  return [
    ...(own.length > shown.length ? [`(${own.length - shown.length} lines before)`] : []),
    ...shown.map(({ atMs, about, text }) => `${new Date(atMs).toISOString()}  ${about}  ${text.slice(0, 300)}`),
  ]
}
