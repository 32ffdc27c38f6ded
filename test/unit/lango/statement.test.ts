import { Command } from 'commander'
import { afterEach, expect, it, vi } from 'vitest'
import { statement } from '../../../scripts/lango/statement.ts'

afterEach(() => vi.restoreAllMocks())

const run = async (answers: readonly unknown[], ...args: string[]) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  log.mockClear()
  const calls: string[] = []
  const left = [...answers]
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  statement(program, () => ({
    call: async (method, target, body) => {
      calls.push([method, target, ...(body === undefined ? [] : [JSON.stringify(body)])].join(' '))
      return left.shift()
    },
  }))
  await program.parseAsync(['statement', ...args], { from: 'user' })
  return { calls, said: log.mock.calls.map(([text]) => String(text)) }
}
const exception = (position: number, detail: object = {}) => ({
  statementId: 's',
  position,
  kind: 'repeated_line',
  reference: `r${position}`,
  line: position,
  detail,
  closedBecause: null,
})

it('every exception is listed, however many pages there are, and counted', async () => {
  const { calls, said } = await run(
    [
      { exceptions: [exception(1, { first: 1 })], more: true, cursor: '1_s_1' },
      { exceptions: [exception(2, { statement: '0123456789abcdef' })], more: false },
    ],
    ...['exceptions', '--statement', 's', '--gateway', 'pawapay'],
  )
  expect(calls).toEqual([
    'GET /statements/exceptions?state=open&statement=s&gateway=pawapay',
    'GET /statements/exceptions?state=open&statement=s&gateway=pawapay&cursor=1_s_1',
  ])
  expect(said).toEqual([
    's 1  line 2: r1 is there already, in line 2',
    's 2  line 3: r2 is in another statement already, 0123456789abcdef',
    '2 open exceptions',
  ])
})

it('one exception is closed, or all of a statement when that is said', async () => {
  const one = await run([{ closed: true }], 'close', 's', '7', '--because', 'theirs')
  expect(one).toEqual({ calls: ['POST /statements/exceptions/s/7/close {"because":"theirs"}'], said: ['closed'] })
  const all = await run([{ closed: 12 }], 'close', 's', '--all', '--because', 'theirs')
  expect(all).toEqual({ calls: ['POST /statements/s/close {"because":"theirs"}'], said: ['closed 12 exceptions'] })
  const kind = await run([{ closed: 1 }], 'close', 's', '--all', '--because', 'theirs', '--kind', 'repeated_line')
  expect(kind.calls).toEqual(['POST /statements/s/close {"because":"theirs","kind":"repeated_line"}'])
  await expect(run([], 'close', 's', '--because', 'theirs')).rejects.toThrow('a position, or --all')
  await expect(run([], 'close', 's', '7', '--all', '--because', 'theirs')).rejects.toThrow('a position, or --all')
  await expect(run([], 'close', 's', '7', '--kind', 'differs', '--because', 'theirs')).rejects.toThrow('--kind')
})

it.each([
  ['--from', '2026-13-01', '2026-11-02'],
  ['--to', '2026-11-01', 'tomorrow'],
])('a time that is none is named with its flag, and how it is written: %s', async (flag, from, to) => {
  await expect(run([], 'import', 'none.csv', '--gateway', 'pawapay', '--from', from, '--to', to)).rejects.toThrow(
    `${flag}: "${flag === '--from' ? from : to}" is no time: write 2026-11-01 or 2026-11-21T08:00:00Z.`,
  )
})
