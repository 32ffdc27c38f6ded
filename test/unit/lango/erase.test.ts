import { expect, it } from 'vitest'
import type { OperatorClient } from '../../../scripts/lango/client.ts'
import { eraseCustomer } from '../../../scripts/lango/erase.ts'

const ID = 'era_1'
const erased = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `pay_${from + i}`, outcome: 'erased' as const }))

/** Answers in turn; a string is an error. */
const clientOf = (answers: readonly [call: string, answer: unknown][]) => {
  const left = [...answers]
  const client: OperatorClient = {
    call: async (method, target) => {
      const [call, answer] = left.shift() ?? ['nothing more', null]
      expect(`${method} ${target}`).toBe(call)
      if (typeof answer === 'string') throw new Error(answer)
      return answer
    },
  }
  return { client, left }
}

const looked = (more: boolean, count: number) => ({
  id: null,
  finished: false,
  payments: erased(0, count),
  rows: {},
  more,
})
const run = async (answers: readonly [string, unknown][], confirmed = true) => {
  const said: string[] = []
  const { client, left } = clientOf(answers)
  const options = { phoneNumber: '260763456789', unhashed: false, confirm: async () => confirmed }
  const end = await eraseCustomer(client, options, (line) => said.push(line)).catch(({ message }: Error) => message)
  expect(left).toEqual([])
  return { end, said: said.join('\n') }
}

it('counts the rows of all passes, and says so where payments without a hash were not looked for', async () => {
  const { end, said } = await run([
    ['POST /erasures', looked(true, 100)],
    ['POST /erasures', looked(true, 100)],
    [
      'POST /erasures',
      { id: ID, finished: false, payments: erased(0, 100), rows: { events: 7, orders: 1 }, more: true },
    ],
    [`POST /erasures/${ID}`, { id: ID, finished: true, payments: erased(100, 3), rows: { events: 2 }, more: false }],
  ])
  expect(end).toBe('finished')
  expect(said).toContain('103 payments erased, 9 in events, 1 in orders. Erasure era_1.')
  expect(said).toContain('were not all counted')
})

it('is finished where the sweep was quicker, and nowhere else', async () => {
  const first = [
    ['POST /erasures', looked(true, 100)],
    ['POST /erasures', looked(true, 100)],
    ['POST /erasures', { id: ID, finished: false, payments: erased(0, 100), rows: {}, more: true }],
    [`POST /erasures/${ID}`, '404 no such erasure, or it is finished'],
  ] as const satisfies readonly [string, unknown][]
  const list = (finishedAtMs: number | null) => ({
    erasures: [{ id: ID, requestedAtMs: 1, erased: 120, kept: 0, finishedAtMs }],
  })
  const { end, said } = await run([...first, ['GET /erasures', list(2)]])
  expect(end).toBe('finished')
  expect(said).toContain('100 payments erased; the sweep took part, 120 payments in all. Erasure era_1.')
  expect(await run([...first, ['GET /erasures', list(null)]])).toMatchObject({ end: expect.stringContaining('404') })
})

it('counts those without a hash that it saw, also where it did not see all', async () => {
  const seen = (more: boolean) =>
    run(
      [
        ['POST /erasures', looked(false, 3)],
        ['POST /erasures', looked(more, 5)],
      ],
      false,
    )
  expect((await seen(false)).said).toContain('\n2 payments without a hash')
  expect((await seen(true)).said).toContain('\nAt least 2 payments without a hash')
})
