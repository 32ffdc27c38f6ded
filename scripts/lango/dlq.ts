import type { Command } from 'commander'
import type { DeadLetter, Replayed } from '../../src/contracts/dead-letters.ts'
import type { OperatorClient } from './client.ts'
import type { AddCommands } from './commands.ts'
import { moment } from './moment.ts'

const NONE = 'no dead letter fits: nothing was done'
/** What `/operator/dlq` takes at once. */
const AT_ONCE = 100

interface Selected {
  readonly kind?: string
  readonly payment?: string
  readonly from?: string
  readonly to?: string
}

const chosen = (ids: readonly string[], { kind, payment, from, to }: Selected): Record<string, unknown> => {
  const selection = { kind, payment, from: from && rfc3339('--from', from), to: to && rfc3339('--to', to) }
  if (selection.from && selection.to && selection.from >= selection.to)
    throw new Error(`--from ${from} is not before --to ${to}.`)
  const given = Object.entries(selection).filter(([, value]) => value !== undefined)
  if (ids.length > 0) return { ids, ...Object.fromEntries(given) }
  if (given.length === 0) throw new Error('Name letters by their ids, or by --kind, --payment, --from or --to.')
  // What dies of a replay while it goes on is not replayed once more: poison would be for ever.
  return { to: new Date().toISOString(), ...Object.fromEntries(given) }
}

/** `2h`, `3d`: so long ago; else a day or a time. */
const rfc3339 = (flag: string, text: string): string => {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? []
  const ago = { m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? '']
  if (ago) return new Date(Date.now() - Number(count) * ago).toISOString()
  try {
    return moment(flag, text)
  } catch {
    throw new Error(`${flag}: "${text}" is no time: write 2026-11-21T08:00:00Z, or 2h, or 3d.`)
  }
}

const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19)

const line = (letter: DeadLetter): string =>
  [
    letter.messageId.padEnd(34),
    letter.state.padEnd(9),
    at(letter.diedAtMs),
    letter.kind.padEnd(12),
    String(letter.responseStatus).padStart(3),
    letter.paymentId ?? '-',
  ].join('  ')

const said = (replayed: Replayed): string => {
  switch (replayed.outcome) {
    case 'replayed':
      return `${replayed.letter}  queued as ${replayed.messageId}`
    case 'would_replay':
      return `${replayed.letter}  would be queued under ${replayed.dedupId}: ${replayed.body}`
    case 'publish_failed':
      return `${replayed.letter}  QStash did not take it: it stays open`
    case 'without_body':
      return `${replayed.letter}  its body is lost: it cannot be replayed`
    case 'closed':
      return `${replayed.letter}  is closed: it stays so`
  }
}

const withSelection = (command: Command): Command =>
  command
    .option('--kind <kind>', 'endpoint: callback, fulfilment or notification')
    .option('--payment <id>', 'about this payment')
    .option('--from <time>', 'died since then: RFC 3339, or 2h, or 3d')
    .option('--to <time>', 'died before then')

type List = { readonly letters: readonly DeadLetter[]; readonly cursor?: string }

const list = async (client: OperatorClient, options: Selected & { state?: string; limit: string }): Promise<void> => {
  const { kind, payment, state } = options
  const from = options.from && rfc3339('--from', options.from)
  const to = options.to && rfc3339('--to', options.to)
  let left = Number(options.limit)
  let cursor: string | undefined
  let count = 0
  do {
    const asked = { kind, payment, state, from, to, limit: String(Math.min(left, AT_ONCE)), cursor }
    const query = new URLSearchParams(Object.entries(asked).flatMap(([name, value]) => (value ? [[name, value]] : [])))
    const page = (await client.call('GET', `/dlq?${query}`)) as List
    for (const letter of page.letters) console.log(line(letter))
    count += page.letters.length
    left -= page.letters.length
    cursor = page.cursor
  } while (cursor && left > 0)
  console.log(
    count === 0 ? 'no dead letters' : `${count} dead letter${count === 1 ? '' : 's'}${cursor ? ', and more' : ''}`,
  )
}

/** Newest first, a hundred at a time and each once: the next page begins below the last letter of this one. */
async function* pages<Letter>(
  client: OperatorClient,
  what: 'replay' | 'close',
  selection: Record<string, unknown>,
): AsyncGenerator<readonly Letter[]> {
  let cursor: string | undefined
  do {
    const asked = { ...selection, limit: AT_ONCE, ...(cursor === undefined ? {} : { cursor }) }
    const page = (await client.call('POST', `/dlq/${what}`, asked)) as {
      readonly letters: readonly Letter[]
      readonly cursor?: string
    }
    yield page.letters
    cursor = page.cursor
  } while (cursor !== undefined)
}

/** How many were not queued. Ends with the page in which QStash did not take one: it would not take the others, either. */
export const replay = async (
  client: OperatorClient,
  selection: Record<string, unknown>,
  say: (line: string) => void,
): Promise<number> => {
  let [count, failed] = [0, 0]
  for await (const letters of pages<Replayed>(client, 'replay', selection)) {
    for (const one of letters) say(said(one))
    count += letters.length
    failed += letters.filter(({ outcome }) => outcome !== 'replayed' && outcome !== 'would_replay').length
    if (!letters.some(({ outcome }) => outcome === 'publish_failed')) continue
    say('QStash does not take them: none of the rest was tried.')
    break
  }
  if (count === 0) say(NONE)
  return failed
}

/** `dlq`: messages that the queue has given up on. */
export const dlq: AddCommands = (program, client) => {
  const command = program.command('dlq').description('messages that the queue has given up on: look, replay, put aside')
  withSelection(command.command('list'))
    .description('newest first: message, state, time of death, endpoint, last answer, payment')
    .option('--state <state>', 'open, replayed or closed')
    .option('--limit <count>', 'at most so many', '50')
    .action((options: Selected & { state?: string; limit: string }) => list(client(), options))
  command
    .command('show <id>')
    .description('one, with its body')
    .action(async (id: string) => {
      console.log(JSON.stringify(await client().call('GET', `/dlq/${encodeURIComponent(id)}`), null, 2))
    })
  withSelection(command.command('replay [ids...]'))
    .description('queues them anew: by id, or all that are open and fit')
    .option('--dry-run', 'shows what would be queued', false)
    .action(async (ids: string[], options: Selected & { dryRun: boolean }) => {
      const selection = { ...chosen(ids, options), dryRun: options.dryRun }
      if ((await replay(client(), selection, console.log)) > 0) process.exitCode = 1
    })
  withSelection(command.command('close [ids...]'))
    .description('puts them aside: nothing is to be done about them')
    .option('--dry-run', 'shows which', false)
    .action(async (ids: string[], options: Selected & { dryRun: boolean }) => {
      const { dryRun } = options
      let count = 0
      for await (const letters of pages<string>(client(), 'close', { ...chosen(ids, options), dryRun })) {
        for (const id of letters) console.log(`${id}  ${dryRun ? 'would be closed' : 'closed'}`)
        count += letters.length
      }
      if (count === 0) console.log(NONE)
    })
}
