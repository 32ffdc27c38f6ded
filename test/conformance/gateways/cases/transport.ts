/** What happens on the way. An answer that did not come, or is not one, is never a refusal: the money may have moved. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import type { DepositOrder, SendAnswer } from '../../../../src/contracts/vault.ts'
import type { Bench } from '../bench.ts'
import type { Case } from '../case.ts'
import type { Manner } from '../description.ts'
import { SETTLED_MS } from './outcomes.ts'

/** For answers that take longer than anyone waits. */
const SHORT_MS = 500

/** Sends under a fault; the outcome is unknown, one call went out, and asking tells what became of it. */
const isUnknown = async (bench: Bench, name: string, manner: Manner, captures: 0 | 1): Promise<void> => {
  bench.simulator.behave(manner)
  const order = bench.order()
  bench.patience(manner.hang || manner.slowDrip ? SHORT_MS : 'usual')
  const answer = await bench.send(order)
  bench.patience('usual')
  expect([name, answer.kind, bench.creates()]).toEqual([name, 'unknown', 1])
  await bench.simulator.advance(SETTLED_MS)
  expect([name, bench.capturesOf(order)]).toEqual([name, captures])
  expect([name, await bench.status(order)]).toMatchObject([
    name,
    captures === 0 ? { kind: 'not_found' } : { kind: 'found', outcome: 'succeeded' },
  ])
  bench.reset()
}

const lostBefore: Case = {
  name: 'the call is lost before it is processed',
  run: (bench) => isUnknown(bench, 'lost', { dropBeforeProcessing: true }, 0),
}

const lostAfter: Case = {
  name: 'the answer is lost after it was processed',
  run: (bench) => isUnknown(bench, 'lost', { dropAfterProcessing: true }, 1),
}

const hang: Case = {
  name: 'the answer comes too late',
  run: (bench) => isUnknown(bench, 'late', { hang: { ms: 60_000 } }, 1),
}

const drip: Case = {
  name: 'the answer drips',
  run: (bench) => isUnknown(bench, 'drip', { slowDrip: { chunkBytes: 1, everyMs: 200 } }, 1),
}

const half: Case = {
  name: 'half an answer',
  run: async (bench) => {
    await isUnknown(bench, 'cut', { cutBody: true }, 1)
    await isUnknown(bench, 'half the JSON', { truncatedJson: true }, 1)
  },
}

const HTML = { contentType: 'text/html', body: '<html><body>Access denied</body></html>' }

const html: Case = {
  name: 'an HTML page',
  run: async (bench) => {
    for (const code of [500, 502, 503, 504, 520]) {
      await isUnknown(bench, `${code} before`, { status5xx: 'before', status5xxCode: code }, 0)
      await isUnknown(bench, `${code} after`, { status5xx: 'after', status5xxCode: code }, 1)
    }
    for (const status of [200, 403, 404, 408, 429])
      await isUnknown(bench, `${status}`, { answerInstead: { status, ...HTML } }, 1)
  },
}

/** A server that nobody may be led to. */
const elsewhere = async () => {
  let calls = 0
  const server = createServer((_, response) => {
    calls++
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    calls: () => calls,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

const redirect: Case = {
  name: 'a redirect elsewhere is not followed',
  run: async (bench) => {
    const other = await elsewhere()
    try {
      for (const status of [301, 302, 303, 307, 308])
        await isUnknown(bench, `${status}`, { answerInstead: { status, location: other.url } }, 1)
      expect(other.calls()).toBe(0)
    } finally {
      await other.close()
    }
  },
}

const empty: Case = {
  name: 'an empty body',
  run: async (bench) => {
    for (const status of [200, 204]) await isUnknown(bench, `${status}`, { answerInstead: { status } }, 1)
  },
}

const notAnObject: Case = {
  name: 'JSON that is no answer',
  run: async (bench) => {
    for (const body of ['null', '[]', '"ok"', '{}', '{"status":null}', '['.repeat(5_000)])
      await isUnknown(bench, body.slice(0, 20), { answerInstead: { status: 200, body } }, 1)
  },
}

const huge: Case = {
  name: 'a body that is too large',
  run: (bench) => isUnknown(bench, 'huge', { padAnswerBytes: 70_000 }, 1),
}

const otherWord: Case = {
  name: 'an unknown word as answer to the send',
  run: async (bench) => {
    const { acceptedText } = bench.gateway
    // The word itself is what stands between the last quotes.
    const other = (to: (word: string) => string) => acceptedText.replace(/([^"]+)"$/, (_, word) => `${to(word)}"`)
    const words = [(word: string) => `${word}X`, (word: string) => word.slice(0, -1), () => 'NEW_STATE']
    for (const to of words) await isUnknown(bench, other(to), { replaceInAnswer: { [acceptedText]: other(to) } }, 1)
  },
}

const OTHERS = '2ef59e2c-8b8e-45f9-b113-648e234ea260'

/** Ours by someone else's, hyphens or not. */
const asOthers = ({ reference }: DepositOrder): Record<string, string> => ({
  [reference]: OTHERS,
  [reference.replaceAll('-', '')]: OTHERS.replaceAll('-', ''),
})

const othersCharge: Case = {
  name: "an answer about another's charge",
  run: async (bench) => {
    const order = bench.order()
    bench.simulator.behave({ replaceInAnswer: asOthers(order) })
    const answer: SendAnswer = await bench.send(order)
    const told = bench.simulator.requests().at(-1)?.answer ?? ''
    if (told.includes(OTHERS) || told.includes(OTHERS.replaceAll('-', ''))) expect(answer.kind).toBe('unknown')
    else expect(answer.kind).toBe('accepted')
    await bench.simulator.advance(SETTLED_MS)
    bench.simulator.behave({ on: 'status', replaceInAnswer: asOthers(order) })
    expect((await bench.status(order)).kind).toBe('unknown')
  },
}

/** What a question may meet. */
const QUESTION_FAULTS: Readonly<Record<string, Manner>> = {
  lost: { dropAfterProcessing: true },
  late: { hang: { ms: 60_000 } },
  drip: { slowDrip: { chunkBytes: 1, everyMs: 200 } },
  cut: { cutBody: true },
  'half the JSON': { truncatedJson: true },
  'HTML 503': { status5xx: 'after', status5xxCode: 503 },
  'HTML 200': { answerInstead: { status: 200, ...HTML } },
  'HTML 404': { answerInstead: { status: 404, ...HTML } },
  redirect: { answerInstead: { status: 302, location: 'https://elsewhere.example/' } },
  empty: { answerInstead: { status: 200 } },
  'no object': { answerInstead: { status: 200, body: '[]' } },
  huge: { padAnswerBytes: 70_000 },
}

const questions: Case = {
  name: 'a question that is not answered teaches nothing',
  run: async (bench) => {
    for (const [name, manner] of Object.entries(QUESTION_FAULTS)) {
      const order = bench.order()
      await bench.send(order)
      await bench.simulator.advance(SETTLED_MS)
      bench.simulator.behave({ ...manner, on: 'status' })
      if (manner.hang || manner.slowDrip) bench.patience(SHORT_MS)
      expect([name, await bench.status(order)]).toMatchObject([name, { kind: 'unknown' }])
      bench.reset()
    }
  },
}

export const TRANSPORT: readonly Case[] = [
  lostBefore,
  lostAfter,
  hang,
  drip,
  half,
  html,
  redirect,
  empty,
  notAnObject,
  huge,
  otherWord,
  othersCharge,
  questions,
]
