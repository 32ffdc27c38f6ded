import { readFileSync } from 'node:fs'
import type { OperatorClient } from './client.ts'
import type { AddCommands } from './commands.ts'
import { span } from './moment.ts'
import { parseStatementCsv } from './statement-csv.ts'

interface Exception {
  readonly kind: string
  readonly reference: string
  readonly line: number | null
  readonly first?: number
  readonly statement?: string
  readonly field?: string
  readonly stated?: string
  readonly ours?: string
}

interface Listed extends Omit<Exception, 'first' | 'statement' | 'field' | 'stated' | 'ours'> {
  readonly statementId: string
  readonly position: number
  readonly detail: Omit<Exception, 'kind' | 'reference' | 'line'>
  readonly closedBecause: string | null
}

/** Amounts that differ are told in minor units, as the ledger has them. */
const said = ({ kind, reference, line, first, field, stated, ours, statement }: Exception): string => {
  // A statement's first line is its header.
  const where = line === null ? '' : `line ${line + 1}: `
  switch (kind) {
    case 'unknown_line':
      return `${where}${reference} is no deposit that we know`
    case 'missing_line':
      return `${reference} is a success of ours that the statement lacks`
    case 'repeated_line':
      return statement === undefined
        ? `${where}${reference} is there already, in line ${(first ?? 0) + 1}`
        : `${where}${reference} is in another statement already, ${statement}`
    default:
      return `${where}${reference}: ${field} is stated as ${stated}, ours is ${ours} (minor units)`
  }
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

interface ListOptions {
  readonly state: string
  readonly statement?: string
  readonly gateway?: string
}

const list = async (client: OperatorClient, options: ListOptions): Promise<void> => {
  const query = new URLSearchParams({ ...options })
  let listed = 0
  for (let more = true; more; ) {
    const page = (await client.call('GET', `/statements/exceptions?${query}`)) as {
      readonly exceptions: readonly Listed[]
      readonly more: boolean
      readonly cursor?: string
    }
    for (const { statementId, position, detail, closedBecause, ...rest } of page.exceptions)
      console.log(
        `${statementId} ${position}  ${said({ ...rest, ...detail })}${closedBecause === null ? '' : ` · ${closedBecause}`}`,
      )
    listed += page.exceptions.length
    query.set('cursor', page.cursor ?? '')
    more = page.more
  }
  console.log(count(listed, `${options.state} exception`))
}

interface CloseOptions {
  readonly because: string
  readonly all?: true
  readonly kind?: string
}

const close = async (
  client: OperatorClient,
  id: string,
  position: string | undefined,
  { all, ...body }: CloseOptions,
): Promise<void> => {
  if ((position === undefined) === (all === undefined)) throw new Error('Say which exception by a position, or --all.')
  if (all === undefined && body.kind !== undefined) throw new Error('--kind goes with --all.')
  if (all === undefined) {
    await client.call('POST', `/statements/exceptions/${id}/${position}/close`, body)
    console.log('closed')
  } else {
    const { closed } = (await client.call('POST', `/statements/${id}/close`, body)) as { readonly closed: number }
    console.log(`closed ${count(closed, 'exception')}`)
  }
}

/** `statement`: what a gateway says that it took, against what the ledger holds. */
export const statement: AddCommands = (program, client) => {
  const command = program.command('statement').description("gateways' statements, against the ledger")
  command
    .command('import <csv>')
    .description('holds a statement against the ledger: reference,amount,fee,currency (docs/ledger.md)')
    .requiredOption('--gateway <name>', 'such as pawapay')
    .requiredOption('--from <time>', 'the time that it is about: since, RFC 3339')
    .requiredOption('--to <time>', 'and before')
    .option('--mode <mode>', 'test or live', 'live')
    .action(async (csv: string, options: { gateway: string; from: string; to: string; mode: string }) => {
      const { from, to } = span(options.from, options.to)
      const lines = parseStatementCsv(readFileSync(csv, 'utf8'))
      const body = { gateway: options.gateway, mode: options.mode, from, to, lines }
      const done = (await client().call('POST', '/statements', body)) as {
        readonly id: string
        readonly matched: number
        readonly feesUnbooked: number
        readonly exceptions: readonly Exception[]
        readonly stored: boolean
      }
      for (const exception of done.exceptions) console.log(said(exception))
      if (done.feesUnbooked > 0) console.log(`${count(done.feesUnbooked, 'fee')} that the ledger does not hold yet`)
      if (!done.stored) console.log('This statement was imported before; what it was found to be then is kept.')
      console.log(`${done.id}: ${done.matched} matched, ${count(done.exceptions.length, 'exception')}`)
      if (done.exceptions.length > 0) process.exitCode = 1
    })
  command
    .command('exceptions')
    .description('what did not match, and nobody has closed yet')
    .option('--state <state>', 'open or closed', 'open')
    .option('--statement <id>', 'of this one alone')
    .option('--gateway <name>', "of this gateway's alone")
    .action((options: ListOptions) => list(client(), options))
  command
    .command('close <statement> [position]')
    .description('closes one exception, as `statement exceptions` shows it, or all of a statement; only people do')
    .requiredOption('--because <text>', 'what it was')
    .option('--all', 'every open one of the statement')
    .option('--kind <kind>', 'with --all: of this kind alone, such as repeated_line')
    .action((id: string, position: string | undefined, options: CloseOptions) => close(client(), id, position, options))
}
