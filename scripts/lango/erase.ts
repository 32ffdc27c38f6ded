import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import type { ErasedPayment, Erasure, ErasureReport } from '../../src/contracts/erasure.ts'
import { readPhoneNumber } from '../../src/flows/phone-number.ts'
import type { OperatorClient } from './client.ts'
import type { AddCommands } from './commands.ts'

interface Answer extends ErasureReport {
  readonly id: string | null
  readonly finished: boolean
  /** Where the sweep had a part in it: how many payments were erased by both. */
  readonly inAll?: number
}

const WHY: Readonly<Record<string, string>> = {
  open: 'an attempt is under way; the gateway has not said how it ended',
  in_review: 'people are looking into it; it is theirs to close',
  not_fulfilled: 'it is paid, and the order is still to be fulfilled',
  refund_open: 'money is on its way back',
  asking: 'the gateway is still to be asked, or a message is still to be sent',
  too_young: 'something happened to it just now',
  index: 'D1 did not answer; the payment itself is erased',
  unreachable: 'the payment, or a store that tells of it, did not answer',
}

/** Not held by Upstash for longer than this: the one store that nobody erases by hand. */
const REMAINS = `What nobody needs to erase, since it goes by itself: snapshots in Redis within 60 s, keyed hashes in Redis within
30 days, QStash's own log and Workers Logs after their retention. Backups: docs/data.md, "Backups".`

const of = (report: ErasureReport, outcome: ErasedPayment['outcome']): readonly ErasedPayment[] =>
  report.payments.filter((payment) => payment.outcome === outcome)

const rowsIn = ({ rows }: ErasureReport): string =>
  Object.entries(rows)
    .map(([store, count]) => `, ${count} in ${store}`)
    .join('')

const together = (one: Answer, next: Answer): Answer => {
  const rows = { ...one.rows }
  for (const [store, count] of Object.entries(next.rows)) rows[store] = (rows[store] ?? 0) + count
  return { ...next, payments: [...one.payments, ...next.payments], rows }
}

const listed = async (client: OperatorClient): Promise<readonly Erasure[]> =>
  ((await client.call('GET', '/erasures')) as { erasures: readonly Erasure[] }).erasures

/** The next hundred; none when the sweep has finished them meanwhile. */
const next = async (client: OperatorClient, id: string | null): Promise<Answer> => {
  try {
    return (await client.call('POST', `/erasures/${id}`)) as Answer
  } catch (error) {
    const swept = (await listed(client)).find((erasure) => erasure.id === id)
    if (typeof swept?.finishedAtMs !== 'number') throw error
    return { id, finished: true, payments: [], rows: {}, more: false, inAll: swept.erased }
  }
}

const sayKept = (report: ErasureReport, say: (line: string) => void): void => {
  for (const payment of report.payments)
    if (payment.outcome === 'kept')
      say(`  kept  ${payment.id}  ${payment.status ?? ''}  ${payment.because}: ${WHY[payment.because] ?? ''}`)
}

/** First looks, then erases, a hundred payments at a time. `null`: only looks. */
export const eraseCustomer = async (
  client: OperatorClient,
  options: {
    readonly phoneNumber: string
    readonly unhashed: boolean
    readonly confirm: (() => Promise<boolean>) | null
  },
  say: (line: string) => void,
): Promise<'looked' | 'refused' | 'finished' | 'unfinished'> => {
  const { phoneNumber, unhashed, confirm } = options
  const ask = (body: object) => client.call('POST', '/erasures', { phoneNumber, ...body }) as Promise<Answer>
  const found = await ask({ dryRun: true, unhashed })
  const all = unhashed ? found : await ask({ dryRun: true, unhashed: true })
  const maybe = all.payments.length - found.payments.length
  for (const payment of of(found, 'erasable')) if ('status' in payment) say(`  erase ${payment.id}  ${payment.status}`)
  sayKept(found, say)
  say(
    `${of(found, 'erasable').length}${found.more ? ' and more' : ''} payments to erase${rowsIn(found)}; ${of(found, 'kept').length} are to be kept for now.`,
  )
  const uncounted = all.more && !unhashed
  if (maybe > 0)
    say(
      `${uncounted ? 'At least ' : ''}${maybe} payments without a hash show the same first and last four digits: --unhashed takes them for this customer's.`,
    )
  else if (uncounted)
    say('There is more than one look finds: payments without a hash were not all counted. --unhashed takes them, too.')
  if (confirm === null) return 'looked'
  if (!(await confirm())) return 'refused'

  let answer = await ask({ unhashed })
  const { id } = answer
  while (answer.more) answer = together(answer, await next(client, id))
  const inAll = answer.inAll === undefined ? '' : `; the sweep took part, ${answer.inAll} payments in all`
  say(`${of(answer, 'erased').length} payments erased${rowsIn(answer)}${inAll}. Erasure ${id}.`)
  if (!answer.finished) {
    sayKept(answer, say)
    say('Not finished: it is tried again every ten minutes until nothing is kept. npm run lango -- erasures shows it.')
  }
  say(REMAINS)
  return answer.finished ? 'finished' : 'unfinished'
}

const yes = async (): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = terminal.question('This cannot be undone. Erase them? (yes/no) ')
  // Nobody is there who could answer: the question alone would never end.
  const silence = once(terminal, 'close').then(() => '')
  const said = await Promise.race([answer, silence])
  terminal.close()
  return said.trim() === 'yes'
}

/** `npm run lango -- erase --phone +260…`, and the list of what was erased. */
export const erase: AddCommands = (program, client) => {
  program
    .command('erase')
    .description('erase one customer from every store; shows what it would do and asks first')
    .requiredOption('--phone <number>', 'the whole number, in any usual form, with country code')
    .option('--dry-run', 'only show', false)
    .option('--yes', 'do not ask', false)
    .option('--unhashed', 'also payments without a hash that show the same first and last four digits', false)
    .action(async (options: { phone: string; dryRun: boolean; yes: boolean; unhashed: boolean }) => {
      const phoneNumber = readPhoneNumber(options.phone, undefined)
      if (!phoneNumber) return program.error('--phone: not a phone number; write it with country code, +260763456789')
      const confirm = options.dryRun ? null : options.yes ? async () => true : yes
      const end = await eraseCustomer(client(), { phoneNumber, unhashed: options.unhashed, confirm }, console.log)
      if (end === 'refused') console.log('Nothing was erased.')
      if (end === 'unfinished') process.exitCode = 3
    })
  program
    .command('erasures')
    .description('who asked to be erased, without who they are')
    .action(async () => {
      const erasures = await listed(client())
      for (const { id, requestedAtMs, erased, kept, finishedAtMs } of erasures)
        console.log(
          `${id}  ${new Date(requestedAtMs).toISOString()}  ${erased} erased  ${
            finishedAtMs === null ? `not finished, ${kept} kept` : `finished ${new Date(finishedAtMs).toISOString()}`
          }`,
        )
      if (erasures.length === 0) console.log('none')
    })
}
