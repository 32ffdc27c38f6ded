import { readArchives } from './verify-ledger-archives.ts'
import { type Chain, verifyChain } from './verify-ledger-chain.ts'
import { contentProblems, digestText } from './verify-ledger-entry.ts'
import type { CarriedRow, Finding, LedgerSource, Sha256, WholeEntry } from './verify-ledger-rows.ts'
import {
  accountName,
  compareAccounts,
  compareCarried,
  compareDays,
  dayName,
  dayOf,
  Sums,
} from './verify-ledger-sums.ts'

export interface VerifyOptions {
  readonly sha256: Sha256
  /** What is unsealed for longer than five minutes at this moment is a finding. */
  readonly nowMs: number
  /** Roots that were written down elsewhere: each must be in the chain. */
  readonly roots?: readonly string[]
  readonly onProgress?: (rows: number) => void
}

export interface VerifiedLedger {
  /** Rows, and lines of archives, that are as they must be. */
  readonly passed: number
  readonly findings: readonly Finding[]
  /** What could not be looked at, and what is odd without being wrong. */
  readonly notes: readonly string[]
}

const UNSEALED_MS_MAX = 5 * 60_000
const PROGRESS_ROWS = 10_000
const NAMED_MAX = 1_000
const ZEROS = '0'.repeat(64)

interface Place {
  readonly number: number
  readonly carries: string
  readonly sealed: string
  readonly problems: string[]
}

/** One look at one ledger: what was found so far. */
class Inspection {
  readonly findings: Finding[] = []
  passed = 0
  /** Entries that came without a digest, and that the sealer digested. */
  late = 0
  /** Sums that disagree with entries of which some are wrong. */
  doubtful = 0
  readonly #displaced: Place[] = []
  readonly #unproven = new Map<number, number[]>()
  readonly #source: LedgerSource
  readonly #options: VerifyOptions
  readonly #chain: Chain
  #looked = 0

  constructor(source: LedgerSource, options: VerifyOptions, chain: Chain) {
    this.#source = source
    this.#options = options
    this.#chain = chain
    this.take(chain)
  }

  take(part: { readonly findings: readonly Finding[]; readonly passed: number }): void {
    this.findings.push(...part.findings)
    this.passed += part.passed
  }

  /** Sums that disagree are wrong themselves, unless what they add up is. */
  sums(part: { readonly findings: readonly Finding[]; readonly passed: number }, wrong: () => boolean): void {
    if (wrong()) this.doubtful += part.findings.length
    else this.take(part)
  }

  row(row: string, problems: readonly string[]): void {
    if (problems.length === 0) this.passed += 1
    else this.findings.push({ row, problems })
    this.#looked += 1
    if (this.#looked % PROGRESS_ROWS === 0) this.#options.onProgress?.(this.#looked)
  }

  async entry(whole: WholeEntry, row: string): Promise<void> {
    const { number, digest, created_at_ms } = whole.entry
    const { sha256, nowMs } = this.#options
    const problems = [...contentProblems(whole, this.#source.entryById)]
    const sealed = this.#chain.sealed(number)
    if (digest !== null && digest !== (await sha256(digestText(whole, false))))
      problems.push('its digest is not that of its columns and postings')
    const carries = digest ?? (await sha256(digestText(whole, true)))
    if (sealed && sealed.digest === carries && digest === null) this.late += 1
    else if (digest === null) problems.push('has no digest')
    // A batch that its own root does not cover proves nothing against an entry that is sound in itself.
    if (sealed && sealed.digest !== carries && !sealed.proven && problems.length === 0)
      this.#unproven.set(sealed.batch, [...(this.#unproven.get(sealed.batch) ?? []), number])
    else if (sealed && sealed.digest !== carries) {
      problems.push('is not what was sealed under its number')
      this.#displaced.push({ number, carries, sealed: sealed.digest, problems })
    }
    if (!sealed && nowMs - created_at_ms > UNSEALED_MS_MAX) problems.push('is not sealed after five minutes')
    this.row(row, problems)
  }

  /** Numbers that nobody has and no archive took, from one up to but without another. */
  missing(from: number, to: number, archived: ReadonlySet<number>): void {
    let named = 0
    for (let number = from; number < to; number += 1) {
      if (archived.has(number)) continue
      if (named === NAMED_MAX) {
        this.row(`ledger_entries ${number} to ${to - 1}`, ['are missing'])
        return
      }
      named += 1
      const was = this.#chain.sealed(number)?.digest === ZEROS
      this.row(`ledger_entries ${number}`, [was ? 'was missing when its batch was sealed' : 'is missing'])
    }
  }

  /** What only the whole can tell: whose place somebody took, and which digests a changed batch has wrong. */
  conclude(): void {
    const places = new Map(this.#displaced.map(({ number, sealed }) => [sealed, number]))
    for (const { carries, problems } of this.#displaced) {
      const own = places.get(carries)
      if (own !== undefined) problems.push(`its place is number ${own}`)
    }
    for (const [batch, numbers] of this.#unproven)
      this.row(`ledger_batches ${batch}`, [`has other digests than the entries ${numbers.join(', ')}`])
  }
}

/** What entries add up to, by day and over all days. */
const tally = () => {
  const [days, accounts] = [new Sums(), new Sums()]
  return {
    days,
    accounts,
    add({ entry, postings }: WholeEntry, day: number): void {
      for (const posting of postings) {
        const { account, currency } = posting
        days.addPosting(dayName(entry.mode, account, currency, day), posting)
        accounts.addPosting(accountName(entry.mode, account, currency), posting)
      }
    },
  }
}

const verifyCarried = (inspection: Inspection, carried: readonly CarriedRow[]): void => {
  const sums = new Sums()
  for (const { mode, currency, debit_minor, credit_minor } of carried)
    sums.add(`${mode} ${currency}`, BigInt(debit_minor), BigInt(credit_minor))
  for (const name of sums.names()) {
    const { debit, credit } = sums.of(name)
    const difference = debit - credit
    inspection.row(`ledger_carried ${name}`, difference === 0n ? [] : [`debits and credits differ by ${difference}`])
  }
}

/**
 * Reads the whole ledger and believes none of it: digests, sums and roots are computed again from the rows. A finding names
 * the row that is wrong, and not the rows that only disagree with it, as far as that can be told.
 */
export const verifyLedger = async (source: LedgerSource, options: VerifyOptions): Promise<VerifiedLedger> => {
  const chain = await verifyChain(source.batches(), options.sha256)
  const inspection = new Inspection(source, options, chain)
  const notes: string[] = []
  const archived = new Set(source.archivedNumbers())
  const totals = [...source.totals()]
  const carried = [...source.carried()]
  const archives = [...source.archives()]
  const sealed = tally()

  let next = 1
  for (const whole of source.entries()) {
    const { number, id, occurred_at_ms } = whole.entry
    inspection.missing(next, number, archived)
    next = Math.max(next, number + 1)
    if (archived.has(number)) inspection.row(`ledger_archived ${number}`, [`${id} is still there`])
    await inspection.entry(whole, `ledger_entries ${number} (${id})`)
    if (number <= chain.sealedThrough) sealed.add(whole, dayOf(occurred_at_ms))
  }
  inspection.missing(next, chain.sealedThrough + 1, archived)
  for (const { entry_id, direction, account } of source.postingsWithoutEntry())
    inspection.row(`ledger_postings ${entry_id} ${direction} ${account}`, ['belongs to no entry'])
  for (const payment of source.ordersWithoutDeposit())
    inspection.row(`orders ${payment}`, ['the ledger has no deposit for it'])

  verifyCarried(inspection, carried)
  // A sum only shows that something is wrong when all that it adds up is right.
  const wrong = () => inspection.findings.length > 0
  if (archives.length === 0 || source.archiveText) {
    const left = tally()
    const seen = new Set<string>()
    for await (const { row, problems, entries } of readArchives(
      archives,
      source.archiveText ?? (() => null),
      options.sha256,
    )) {
      inspection.row(row, problems)
      for (const { place, whole, numbered } of entries) {
        const { id, number, occurred_at_ms } = whole.entry
        if (numbered) await inspection.entry(whole, `${place} (${id})`)
        else inspection.row(`${place} (${id})`, contentProblems(whole, source.entryById))
        // A second copy, when a run that was killed had written it; or it has not been removed yet.
        if (seen.has(id) || source.entryById(id)) continue
        seen.add(id)
        archived.delete(number)
        left.add(whole, numbered ? dayOf(occurred_at_ms) : 0)
        sealed.add(whole, numbered ? dayOf(occurred_at_ms) : 0)
      }
    }
    for (const number of archived) inspection.row(`ledger_archived ${number}`, ['no archive holds it'])
    inspection.sums(compareCarried(carried, left.accounts), wrong)
    inspection.sums(compareDays(totals, sealed.days), wrong)
  } else {
    notes.push(`${archived.size} archived entries were not read: say where the archives are`)
    for (const { mode, account, currency, debit_minor, credit_minor } of carried)
      sealed.accounts.add(accountName(mode, account, currency), BigInt(debit_minor), BigInt(credit_minor))
    inspection.sums(compareAccounts(totals, sealed.accounts), wrong)
  }

  for (const root of options.roots ?? [])
    inspection.row(`root ${root}`, chain.roots.has(root) ? [] : ['is not in the chain'])
  inspection.conclude()
  if (inspection.late > 0)
    notes.push(`${inspection.late} entries came without a digest, from a Worker that is older than digests`)
  if (inspection.doubtful > 0)
    notes.push(`${inspection.doubtful} sums disagree with the rows; verify again when what is wrong above is right`)
  return { passed: inspection.passed, findings: inspection.findings, notes }
}
