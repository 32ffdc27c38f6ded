import { closeSync, openSync, writeSync } from 'node:fs'
import type { Command } from 'commander'
import { stringify } from 'csv-stringify/sync'
import type { OperatorClient } from './client.ts'
import { columns } from './columns.ts'
import type { AddCommands } from './commands.ts'
import { moment, span } from './moment.ts'

interface Posting {
  readonly direction: string
  readonly account: string
  readonly amount: string
  readonly currency: string
}

interface Entry {
  readonly number: number
  readonly id: string
  readonly kind: string
  readonly occurredAt: string
  readonly createdAt: string
  readonly mode: string
  readonly merchantId: string | null
  readonly gateway: string
  readonly reference: string
  readonly paymentId: string | null
  readonly attempt: number | null
  readonly note: string | null
  readonly digest: string | null
  readonly postings: readonly Posting[]
}

interface Page {
  readonly entries: readonly Entry[]
  readonly next: number | null
}

const ENTRY_COLUMNS = [
  'number',
  'id',
  'kind',
  'occurredAt',
  'createdAt',
  'mode',
  'merchantId',
  'gateway',
  'reference',
  'paymentId',
  'attempt',
  'note',
  'digest',
] as const
const COLUMNS = [...ENTRY_COLUMNS, 'direction', 'account', 'amount', 'currency'] as const

/**
 * A spreadsheet runs a cell that begins like a formula. References and notes are others' words, so such a cell gets an
 * apostrophe, which spreadsheets take for "this is text". Our own columns never begin so.
 */
const harmless = (value: unknown): unknown =>
  typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value

/** One line for each posting. */
export const csvOf = (entries: readonly Entry[], header: boolean): string =>
  stringify(
    entries.flatMap((entry) =>
      entry.postings.map((posting) => [
        ...ENTRY_COLUMNS.map((column) => harmless(entry[column] ?? '')),
        posting.direction,
        posting.account,
        posting.amount,
        posting.currency,
      ]),
    ),
    { header, columns: [...COLUMNS], record_delimiter: 'windows' },
  )

interface ExportOptions {
  readonly format: string
  readonly from: string
  readonly to: string
  readonly mode: string
  readonly out?: string
}

const exportEntries = async (client: OperatorClient, options: ExportOptions): Promise<void> => {
  const { format, mode, out } = options
  if (format !== 'csv' && format !== 'json') throw new Error('--format: csv or json')
  const asked = { mode, ...span(options.from, options.to) }
  const file = out === undefined ? 1 : openSync(out, 'w')
  let after: number | null = null
  let count = 0
  if (format === 'csv') writeSync(file, csvOf([], true))
  else writeSync(file, '[')
  do {
    const query = new URLSearchParams(asked)
    if (after !== null) query.set('after', String(after))
    const page = (await client.call('GET', `/ledger/entries?${query}`)) as Page
    if (format === 'csv') writeSync(file, csvOf(page.entries, false))
    else
      for (const [index, entry] of page.entries.entries())
        writeSync(file, `${count + index === 0 ? '\n' : ',\n'}${JSON.stringify(entry)}`)
    count += page.entries.length
    after = page.next
  } while (after !== null)
  if (format === 'json') writeSync(file, '\n]\n')
  if (out !== undefined) {
    closeSync(file)
    console.error(`${count} entries in ${out}`)
  }
}

interface Balance {
  readonly account: string
  readonly currency: string
  readonly debit: string
  readonly credit: string
}

const table = (rows: readonly (readonly string[])[]): void => {
  for (const line of columns(rows)) console.log(line)
}

interface PostOptions {
  readonly kind: string
  readonly mode: string
  readonly gateway: string
  readonly merchant?: string
  readonly reference: string
  readonly at: string
  readonly debit: string
  readonly credit: string
  readonly amount: string
  readonly currency: string
  readonly note?: string
}

const addReading = (command: Command, client: () => OperatorClient): void => {
  command
    .command('export')
    .description('every entry of a time, for an accountant: CSV has a line for each posting')
    .option('--format <format>', 'csv or json', 'csv')
    .requiredOption('--from <time>', 'what happened since then: 2026-11-01, or RFC 3339')
    .requiredOption('--to <time>', 'and before then')
    .option('--mode <mode>', 'test or live', 'live')
    .option('--out <file>', 'into this file instead of to the console')
    .action((options: ExportOptions) => exportEntries(client(), options))
  command
    .command('balances')
    .description('every account: what it was debited and credited in all')
    .option('--mode <mode>', 'test or live', 'live')
    .action(async ({ mode }: { mode: string }) => {
      const { accounts } = (await client().call('GET', `/ledger/balances?mode=${mode}`)) as {
        readonly accounts: readonly Balance[]
      }
      table([
        ['account', 'currency', 'debit', 'credit'],
        ...accounts.map(({ account, currency, debit, credit }) => [account, currency, debit, credit]),
      ])
    })
  command
    .command('roots')
    .description('the root at the end of each day: write it down elsewhere, for ledger:verify --root')
    .action(async () => {
      const { roots } = (await client().call('GET', '/ledger/roots')) as {
        readonly roots: readonly { day: string; sequence: number; last_number: number; root: string }[]
      }
      table(roots.map(({ day, sequence, last_number, root }) => [day, String(sequence), String(last_number), root]))
    })
}

const addWriting = (command: Command, client: () => OperatorClient): void => {
  command
    .command('post')
    .description('books what only people know: a settlement, a fee, a refund, a payout, a remittance, suspense')
    .requiredOption('--kind <kind>', 'settlement, fee, refund, payout, remittance or suspense')
    .requiredOption('--gateway <name>', 'such as pawapay')
    .requiredOption('--reference <text>', 'what the other side calls it; with kind and gateway it is booked once')
    .requiredOption('--debit <account>', 'such as bank:main:cash')
    .requiredOption('--credit <account>', 'such as gateway:pawapay:clearing')
    .requiredOption('--amount <amount>', 'such as 1550.00')
    .requiredOption('--currency <code>', 'such as ZMW')
    .requiredOption('--at <time>', 'when it happened')
    .option('--merchant <id>', 'whom it concerns')
    .option('--mode <mode>', 'test or live', 'live')
    .option('--note <text>', 'why, for people')
    .action(async ({ at, debit, credit, amount, currency, ...rest }: PostOptions) => {
      const postings = [
        { direction: 'debit', account: debit, amount, currency },
        { direction: 'credit', account: credit, amount, currency },
      ]
      const body = { ...rest, occurredAt: moment('--at', at), postings }
      const { id, outcome } = (await client().call('POST', '/ledger/entries', body)) as Record<string, string>
      console.log(`${id}  ${outcome}`)
    })
  command
    .command('correct <entry>')
    .description('posts another entry with the sides of this one exchanged; nothing is ever changed or removed')
    .requiredOption('--note <text>', 'why, for people')
    .action(async (id: string, { note }: { note: string }) => {
      const done = (await client().call('POST', '/ledger/corrections', { id, note })) as Record<string, string>
      console.log(`${done['id']}  ${done['outcome']}`)
    })
}

/** `ledger`: read, export, book, correct. `npm run ledger:verify` is apart: it reads the database itself. */
export const ledger: AddCommands = (program, client) => {
  const command = program.command('ledger').description('the ledger: balances, export, roots, bookings, corrections')
  addReading(command, client)
  addWriting(command, client)
}
