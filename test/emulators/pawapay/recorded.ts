import { readFileSync } from 'node:fs'

const VECTORS = new URL('../../vectors/pawapay/', import.meta.url)

const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  )

const readTable = (name: string): Record<string, string>[] => {
  const [head = '', ...lines] = readFileSync(new URL(name, VECTORS), 'utf8').trim().split(/\r?\n/)
  const names = cellsOf(head)
  return lines.map((line) => {
    const cells = cellsOf(line)
    return Object.fromEntries(names.map((column, i) => [column, cells[i] ?? '']))
  })
}

/** One row of a recorded sandbox active-conf. Amounts are decimal strings in major units. */
export interface RecordedLimits {
  readonly country: string
  readonly prefix: string
  readonly provider: string
  readonly displayName: string
  readonly currency: string
  readonly operation: string
  readonly minAmount: string
  readonly maxAmount: string
  readonly decimalsInAmount: string
  readonly authType: string
  readonly pinPrompt: string
  readonly pinPromptRevivable: string
}

/** One sandbox number: what happens to a deposit from, or a payout to, this MSISDN. */
export interface SandboxNumber {
  readonly country: string
  readonly provider: string
  readonly operation: string
  readonly msisdn: string
  /** `COMPLETED`, `FAILED/<code>` or `STUCK/no callback`. */
  readonly v2_outcome: string
}

export const recordedLimits = readTable('active-conf-limits-recorded-sandbox.csv') as unknown as RecordedLimits[]
export const sandboxNumbers = readTable('sandbox-test-msisdns.csv') as unknown as SandboxNumber[]

interface Excerpt {
  readonly countries: readonly [
    {
      readonly providers: readonly [
        { readonly currencies: readonly [{ readonly operationTypes: { DEPOSIT: object } }] },
      ]
    },
  ]
}

const excerpt = JSON.parse(readFileSync(new URL('active-conf-excerpt-RWA.json', VECTORS), 'utf8')) as Excerpt

/** The one recorded set of pinPrompt instructions: MTN_MOMO_RWA, deposit. */
export const recordedPinPromptInstructions = (
  excerpt.countries[0].providers[0].currencies[0].operationTypes.DEPOSIT as { pinPromptInstructions: unknown }
).pinPromptInstructions
