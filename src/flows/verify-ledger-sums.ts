import type { CarriedRow, Finding, PostingRow, TotalRow } from './verify-ledger-rows.ts'

interface Sum {
  readonly debit: bigint
  readonly credit: bigint
}

/** Debits and credits under a name. */
export class Sums {
  readonly #sums = new Map<string, Sum>()

  add(name: string, debit: bigint, credit: bigint): void {
    const sum = this.of(name)
    this.#sums.set(name, { debit: sum.debit + debit, credit: sum.credit + credit })
  }

  addPosting(name: string, { direction, amount_minor }: PostingRow): void {
    const amount = /^\d+$/.test(amount_minor) ? BigInt(amount_minor) : 0n
    this.add(name, direction === 'debit' ? amount : 0n, direction === 'credit' ? amount : 0n)
  }

  of(name: string): Sum {
    return this.#sums.get(name) ?? { debit: 0n, credit: 0n }
  }

  names(): readonly string[] {
    return [...this.#sums.keys()]
  }
}

const DAY_MS = 86_400_000
export const dayOf = (occurredAtMs: number): number => Math.floor(occurredAtMs / DAY_MS)
export const accountName = (mode: string, account: string, currency: string): string =>
  JSON.stringify([mode, account, currency])
export const dayName = (mode: string, account: string, currency: string, day: number): string =>
  JSON.stringify([mode, account, currency, day])

/** Rows that say what something adds up to, against what it does add up to. A sum of nothing needs no row. */
const compare = (
  table: string,
  told: ReadonlyMap<string, { readonly row: string; readonly debit: bigint; readonly credit: bigint }>,
  counted: Sums,
): { readonly findings: readonly Finding[]; readonly passed: number } => {
  const findings: Finding[] = []
  for (const [name, { row, debit, credit }] of told) {
    const sum = counted.of(name)
    if (sum.debit !== debit || sum.credit !== credit)
      findings.push({
        row: `${table} ${row}`,
        problems: [`says ${debit} debit, ${credit} credit; counted are ${sum.debit} and ${sum.credit}`],
      })
  }
  const passed = told.size - findings.length
  for (const name of counted.names())
    if (!told.has(name)) {
      const { debit, credit } = counted.of(name)
      const columns = (JSON.parse(name) as readonly unknown[]).join(' ')
      findings.push({
        row: `${table} ${columns}`,
        problems: [`is missing; counted are ${debit} debit, ${credit} credit`],
      })
    }
  return { findings, passed }
}

/** Day by day. Only possible when every entry that ever was can be read. */
export const compareDays = (rows: Iterable<TotalRow>, counted: Sums) => {
  const told = new Map(
    [...rows].map((row) => [
      dayName(row.mode, row.account, row.currency, row.day),
      {
        row: [row.mode, row.account, row.currency, row.day].join(' '),
        debit: BigInt(row.debit_minor),
        credit: BigInt(row.credit_minor),
      },
    ]),
  )
  return compare('ledger_totals', told, counted)
}

/** All days together: what is here and what was carried forward. */
export const compareAccounts = (rows: Iterable<TotalRow>, counted: Sums) => {
  const sums = new Sums()
  for (const row of rows)
    sums.add(accountName(row.mode, row.account, row.currency), BigInt(row.debit_minor), BigInt(row.credit_minor))
  const told = new Map(
    sums
      .names()
      .map((name) => [
        name,
        { row: `${(JSON.parse(name) as readonly unknown[]).join(' ')}, all days`, ...sums.of(name) },
      ]),
  )
  return compare('ledger_totals', told, counted)
}

export const compareCarried = (rows: Iterable<CarriedRow>, counted: Sums) => {
  const told = new Map(
    [...rows].map((row) => [
      accountName(row.mode, row.account, row.currency),
      {
        row: [row.mode, row.account, row.currency].join(' '),
        debit: BigInt(row.debit_minor),
        credit: BigInt(row.credit_minor),
      },
    ]),
  )
  return compare('ledger_carried', told, counted)
}
