/** A line of a gateway's statement. Amounts are integers of minor units, as text. */
export interface StatementLine {
  /** From 1, as in the file. */
  readonly line: number
  readonly reference: string
  readonly amountMinor: string
  /** Null: the statement tells none. */
  readonly feeMinor: string | null
  readonly currency: string
}

/** A success of ours: a deposit that the ledger holds and that no correction has taken back. */
export interface StatementEntry {
  readonly reference: string
  readonly amountMinor: string
  /** Null: the ledger holds no fee for it. */
  readonly feeMinor: string | null
  readonly currency: string
  /** It happened in the time that the statement is about, and no other has stated it: it is expected there. */
  readonly expected: boolean
}

export type StatementException =
  /** Money of which we know nothing. */
  | { readonly kind: 'unknown_line'; readonly reference: string; readonly line: number }
  /** A success of ours that the gateway does not state. */
  | { readonly kind: 'missing_line'; readonly reference: string; readonly line: null }
  /** `first`: the line that said it before. */
  | { readonly kind: 'repeated_line'; readonly reference: string; readonly line: number; readonly first: number }
  /** `statement`: another, which said it before. */
  | { readonly kind: 'repeated_line'; readonly reference: string; readonly line: number; readonly statement: string }
  | {
      readonly kind: 'differs'
      readonly reference: string
      readonly line: number
      readonly field: 'amount' | 'fee' | 'currency'
      readonly stated: string
      readonly ours: string
    }

export interface StatementMatch {
  /** Lines that are what the ledger says. */
  readonly matched: number
  /** Of these, lines with a fee that the ledger does not hold yet. */
  readonly feesUnbooked: number
  readonly exceptions: readonly StatementException[]
}

const differences = (line: StatementLine, entry: StatementEntry): readonly StatementException[] => {
  const differs = (
    field: 'amount' | 'fee' | 'currency',
    stated: string,
    ours: string,
  ): readonly StatementException[] =>
    stated === ours ? [] : [{ kind: 'differs', reference: line.reference, line: line.line, field, stated, ours }]
  if (line.currency !== entry.currency) return differs('currency', line.currency, entry.currency)
  return [
    ...differs('amount', String(BigInt(line.amountMinor)), String(BigInt(entry.amountMinor))),
    ...(line.feeMinor === null || entry.feeMinor === null
      ? []
      : differs('fee', String(BigInt(line.feeMinor)), String(BigInt(entry.feeMinor)))),
  ]
}

/**
 * A gateway's statement against the ledger. What does not match becomes an exception, which only a person closes: nothing
 * here posts, corrects or forgives. `elsewhere`: references that another statement has stated, and which.
 */
export const matchStatement = (
  lines: readonly StatementLine[],
  entries: readonly StatementEntry[],
  elsewhere: ReadonlyMap<string, string> = new Map(),
): StatementMatch => {
  const ours = new Map(entries.map((entry) => [entry.reference, entry]))
  const seen = new Map<string, number>()
  const exceptions: StatementException[] = []
  let matched = 0
  let feesUnbooked = 0
  for (const line of lines) {
    const { reference } = line
    const first = seen.get(reference)
    if (first !== undefined) {
      exceptions.push({ kind: 'repeated_line', reference, line: line.line, first })
      continue
    }
    seen.set(reference, line.line)
    const statement = elsewhere.get(reference)
    const entry = ours.get(reference)
    if (statement !== undefined) {
      // Whoever closes all repetitions has not said that a difference is right.
      exceptions.push({ kind: 'repeated_line', reference, line: line.line, statement })
      if (entry) exceptions.push(...differences(line, entry))
      continue
    }
    if (!entry) {
      exceptions.push({ kind: 'unknown_line', reference, line: line.line })
      continue
    }
    const different = differences(line, entry)
    exceptions.push(...different)
    if (different.length > 0) continue
    matched += 1
    if (line.feeMinor !== null && BigInt(line.feeMinor) > 0n && entry.feeMinor === null) feesUnbooked += 1
  }
  for (const { reference, expected } of entries)
    if (expected && !seen.has(reference)) exceptions.push({ kind: 'missing_line', reference, line: null })
  return { matched, feesUnbooked, exceptions }
}
