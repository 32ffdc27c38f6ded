import { expect, it } from 'vitest'
import type { OperatorClient } from '../../../scripts/lango/client.ts'
import { replay } from '../../../scripts/lango/dlq.ts'

const run = async (pages: readonly { letters: readonly object[]; cursor?: string }[]) => {
  const [asked, said]: [unknown[], string[]] = [[], []]
  const client: OperatorClient = {
    call: async (method, target, body) => {
      expect([method, target]).toEqual(['POST', '/dlq/replay'])
      return pages[asked.push((body as { cursor?: string }).cursor) - 1]
    },
  }
  const failed = await replay(client, { kind: 'callback', dryRun: false }, (line) => said.push(line))
  return { asked, failed, said }
}
const letter = (name: string, outcome: string) => ({ letter: name, outcome, messageId: `msg_${name}` })

it('goes on past letters that cannot be replayed, from page to page', async () => {
  const first = { letters: [letter('a', 'without_body'), letter('b', 'replayed')], cursor: '2_b' }
  expect(await run([first, { letters: [letter('c', 'replayed')] }])).toEqual({
    asked: [undefined, '2_b'],
    failed: 1,
    said: ['a  its body is lost: it cannot be replayed', 'b  queued as msg_b', 'c  queued as msg_c'],
  })
})

it('ends where QStash takes none, and says so', async () => {
  const { asked, failed, said } = await run([{ letters: [letter('a', 'publish_failed')], cursor: '1_a' }])
  expect([asked.length, failed]).toEqual([1, 1])
  expect(said.at(-1)).toBe('QStash does not take them: none of the rest was tried.')
})

it('says when there was nothing', async () => {
  expect((await run([{ letters: [] }])).said).toEqual(['no dead letter fits: nothing was done'])
})
