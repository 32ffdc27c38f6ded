import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Recorder } from '../history/recorder.ts'
import type { Random } from './random.ts'

type Body = Readonly<Record<string, unknown>>

/** One customer at one shop's till. */
export interface Till {
  readonly recorder: Recorder
  readonly random: Random
  readonly body: Body
  readonly key: string
  /** Called with the first answer, for latency; a lost answer is one, too. */
  readonly answered: (answer: Answer) => void
}

/** How a shop behaves when all is not well. */
export interface Habit {
  readonly name: string
  readonly weight: number
  run(till: Till): Promise<void>
}

const GIVE_UP_MS = 1_000
const LOOKS = 3

const isOver = ({ body }: Answer): boolean => ['succeeded', 'failed', 'expired'].includes(body?.status)
const isLost = ({ status }: Answer): boolean => status === 0 || status >= 500
const hasFailed = ({ body }: Answer): boolean => body?.status === 'failed' || body?.code === 'payment_rejected'

const ask = ({ recorder, body, key }: Till, over: { body?: Body; key?: string; patienceMs?: number } = {}) =>
  recorder.pay({ ...body, ...over.body }, { 'idempotency-key': over.key ?? key }, over.patienceMs)

const first = async (till: Till): Promise<Answer> => {
  const answer = await ask(till)
  till.answered(answer)
  return answer
}

/** Looks a few times what has become of it; whoever got no answer does not know where to look. */
const look = async ({ recorder, random }: Till, answer: Answer, looks = LOOKS): Promise<Answer> => {
  const id: unknown = answer.body?.id ?? answer.body?.paymentId
  let last = answer
  for (let i = 0; typeof id === 'string' && i < looks && !isOver(last); i++) {
    await sleep(random.between(300, 1_500))
    const seen = await recorder.get(id)
    if (seen.status === 200) last = seen
  }
  return last
}

export const HABITS: readonly Habit[] = [
  {
    name: 'asks once and looks what becomes of it',
    weight: 5,
    run: async (till) => void (await look(till, await first(till))),
  },
  {
    name: 'asks again with the same key until it is over',
    weight: 5,
    run: async (till) => {
      let answer = await first(till)
      for (let i = 0; i < 4 && !isOver(answer); i++) {
        await sleep(till.random.between(200, 1_500))
        answer = await ask(till)
      }
    },
  },
  {
    name: 'asks again with a fresh key',
    weight: 4,
    run: async (till) => {
      const answer = await first(till)
      for (let i = 1; i <= 2; i++) {
        await sleep(till.random.between(100, isLost(answer) ? 600 : 2_500))
        await ask(till, { key: `${till.key}-fresh-${i}` })
      }
    },
  },
  {
    name: 'is tapped three times at once',
    weight: 4,
    run: async (till) => {
      const answers = await Promise.all([first(till), ask(till), ask(till)])
      await look(till, answers[0])
    },
  },
  {
    name: 'has two tabs open, each with its key and session',
    weight: 3,
    run: async (till) => {
      const [answer] = await Promise.all([
        first(till),
        ask(till, { key: `${till.key}-tab`, body: { sessionId: `${String(till.body['sessionId'])}-tab` } }),
      ])
      await look(till, answer)
    },
  },
  {
    name: 'gives up after 1 s, and comes back with the same key',
    weight: 4,
    run: async (till) => {
      till.answered(await ask(till, { patienceMs: GIVE_UP_MS }))
      await sleep(till.random.between(200, 2_000))
      await look(till, await ask(till), 1)
    },
  },
  {
    name: 'tries anew with a fresh key when it has failed',
    weight: 4,
    run: async (till) => {
      const last = await look(till, await first(till), LOOKS + 2)
      if (hasFailed(last)) await look(till, await ask(till, { key: `${till.key}-anew` }), 2)
    },
  },
  {
    name: 'sends another amount under the same key, then under the same invoice',
    weight: 2,
    run: async (till) => {
      const answer = await first(till)
      await sleep(till.random.between(50, 800))
      await ask(till, { body: { amount: '99.00' } })
      await ask(till, { body: { amount: '99.00' }, key: `${till.key}-other` })
      await look(till, answer, 1)
    },
  },
]

/** Their page is open, and they ask to pay with another wallet: of the same number, as many have. */
export const CHANGES_WALLET: Habit = {
  name: 'changes wallet',
  weight: 0,
  run: async (till) => {
    const answer = await first(till)
    await sleep(till.random.between(400, 1_200))
    const changed = await ask(till, { key: `${till.key}-wallet`, body: { provider: 'ORANGE_SEN' } })
    await look(till, isLost(changed) ? answer : changed)
  },
}
