import { readFileSync } from 'node:fs'

export interface SandboxNumber {
  readonly country: string
  readonly provider: string
  readonly msisdn: string
  /** `COMPLETED`, `FAILED/CODE`, or `STUCK/…`. */
  readonly outcome: string
}

const FILE = new URL('../../test/vectors/pawapay/sandbox-test-msisdns.csv', import.meta.url)

/** The published numbers whose deposits end in a known way. */
export const sandboxNumbers = (countries: readonly string[]): readonly SandboxNumber[] =>
  readFileSync(FILE, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [country = '', provider = '', operation, msisdn = '', , outcome = ''] = line.split(',')
      return operation !== 'PAYOUT' && countries.includes(country) ? [{ country, provider, msisdn, outcome }] : []
    })

/** As the table of numbers would write what has become of a payment. */
export const outcomeOf = (status: string, failureCode: string | undefined): string =>
  status === 'succeeded' ? 'COMPLETED' : status === 'failed' ? `FAILED/${failureCode ?? ''}` : `STUCK/${status}`

export const isAsExpected = (expected: string, seen: string): boolean =>
  expected.startsWith('STUCK') ? seen.startsWith('STUCK') : expected === seen
