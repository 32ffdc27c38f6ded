import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createD1DeadLetters } from '../../../src/adapters/d1-dead-letters.ts'
import { createD1Sweeps } from '../../../src/adapters/d1-sweeps.ts'
import { createQstashDlq } from '../../../src/adapters/qstash-dlq.ts'
import { copyDeadLetters, watchDeadLetters } from '../../../src/consumer/copy-dead-letters.ts'
import { runTasks } from '../../../src/consumer/cron.ts'
import type { DeadLetter, Replayed } from '../../../src/contracts/dead-letters.ts'
import type { Verdict } from '../../../src/contracts/vault.ts'
import {
  begin,
  callbackMessage,
  database,
  deliver,
  entriesOf,
  operate,
  order,
  post,
  queue,
  read,
  signDelivery,
  verdictOn,
} from './kit.ts'
import { CONSUMER_ORIGIN, QUEUE } from './queue.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const letters = createD1DeadLetters(database)
const sweeps = createD1Sweeps(database)
const copying = copyDeadLetters({
  list: createQstashDlq(QUEUE),
  letters,
  sweeps,
  consumerOrigin: CONSUMER_ORIGIN,
})
const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

let counter = 0
/** The consumer reads its own clock, so that a fixed date would be too long ago one day. */
const NOW = Date.now()

/** What QStash says of a message that died `agoMs` ago. */
const dead = (body: string, over: { agoMs?: number; kind?: string } = {}) => {
  const { agoMs = 60_000, kind = 'callback' } = over
  const n = ++counter
  return {
    id: `msg_dead${n}`,
    dlqId: `${NOW - agoMs}-${n}`,
    url: `${CONSUMER_ORIGIN}/deliveries/${kind}`,
    body,
    callback: {
      sourceMessageId: `msg_dead${n}`,
      dlqId: `${NOW - agoMs}-${n}`,
      url: `${CONSUMER_ORIGIN}/deliveries/${kind}`,
      status: 503,
      retried: 3,
      maxRetries: 3,
      body: base64('try again'),
      sourceBody: base64(body),
    },
    entry: {
      messageId: `msg_dead${n}`,
      dlqId: `${NOW - agoMs}-${n}`,
      url: `${CONSUMER_ORIGIN}/deliveries/${kind}`,
      body,
      responseStatus: 503,
    },
  }
}

const letter = async (id: string): Promise<DeadLetter | undefined> =>
  (await letters.find({ messageIds: [id], limit: 1 })).letters[0]

const lines: string[] = []
const alerts = () =>
  lines.map((line) => JSON.parse(line)).flatMap((record) => (record.event === 'alert' ? [record.code] : []))

beforeEach(async () => {
  lines.length = 0
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
  await database.batch([database.prepare('DELETE FROM dead_letters'), database.prepare('DELETE FROM sweep_cursors')])
  await queue.dlq([])
})
afterEach(async () => {
  vi.restoreAllMocks()
  await queue.down(false)
})

describe('the failure callback', () => {
  it('T43: copies the dead message, to the byte, once, and people are told once', async () => {
    const { id, dlqId, callback, body } = dead('{"v":1,"paymentId":"pay_0123456789abcdef0123456789","ü":"é"}')
    for (let i = 0; i < 2; i++) expect((await deliver(callback, 'failure')).status).toBe(200)
    expect(await letter(id)).toMatchObject({
      dlqId,
      kind: 'callback',
      paymentId: 'pay_0123456789abcdef0123456789',
      body,
      responseStatus: 503,
      diedAtMs: NOW - 60_000,
      seenBy: 'failure_callback',
      state: 'open',
      replays: 0,
    })
    expect(alerts()).toEqual(['dead_letter'])
  })

  it('T43: needs a signature for its own path, as every delivery', async () => {
    const { id, callback } = dead('{}')
    const text = JSON.stringify(callback)
    expect((await post('/deliveries/failure', text, await signDelivery(text))).status).toBe(401)
    expect(await letter(id)).toBeUndefined()
  })

  it('is poison when it is none, and nothing is kept of what was not for us', async () => {
    expect((await deliver({ hello: 1 }, 'failure')).status).toBe(489)
    for (const url of ['https://other.example/deliveries/callback', `${CONSUMER_ORIGIN}/deliveries/failure`]) {
      const { callback } = dead('{}')
      expect((await deliver({ ...callback, url }, 'failure')).status).toBe(200)
    }
    expect((await letters.find({ limit: 1 })).letters).toEqual([])
  })
})

describe('the sweep of QStash’s own list', () => {
  it('T43: copies what no failure callback told, page by page, before it passes away', async () => {
    const missed = [1, 2, 3, 4, 5].map((n) => dead(`{"n":${n}}`, { agoMs: n * 10 * HOUR }))
    await deliver(missed[2]?.callback, 'failure')
    await queue.dlq(missed.map(({ entry }) => entry))
    expect(await copying.run(NOW)).toEqual({ seen: 5, copied: 4, forgotten: 0 })
    expect(await copying.run(NOW + 1)).toEqual({ seen: 5, copied: 0, forgotten: 0 })
    await queue.dlq([])
    for (const { id, body } of missed) expect((await letter(id))?.body).toBe(body)
    expect(alerts().filter((code) => code === 'dead_letter')).toHaveLength(5)
    expect(lines.filter((line) => line.includes('"nearExpiry":true'))).toHaveLength(1)
  })

  it('T43: goes on where it stopped, and round again from the beginning', async () => {
    const many = Array.from({ length: 25 }, (_, n) => dead(`{"n":${n}}`))
    await queue.dlq(many.map(({ entry }) => entry))
    expect(await copying.run(NOW)).toMatchObject({ copied: 20 })
    expect(await sweeps.load('dead_letters')).toMatchObject({ cursor: '20' })
    expect(await copying.run(NOW)).toMatchObject({ seen: 5, copied: 5 })
    expect(await sweeps.load('dead_letters')).toEqual({ cursor: null, completedAtMs: NOW })
  })

  it('a cursor that QStash has forgotten does not stop the passes to come', async () => {
    await sweeps.save('dead_letters', { cursor: '99', completedAtMs: NOW })
    for (let i = 0; i < 2; i++) await expect(copying.run(NOW)).rejects.toThrow()
    expect(await copying.run(NOW)).toMatchObject({ seen: 0 })
  })

  it('T43: an answer of QStash that did not come does not send a pass back to its beginning', async () => {
    await queue.dlq(Array.from({ length: 45 }, (_, n) => dead(`{"n":${n}}`).entry))
    for (const place of ['20', '40']) {
      expect(await copying.run(NOW)).toMatchObject({ copied: 20 })
      await queue.down(true)
      await expect(copying.run(NOW)).rejects.toThrow()
      await queue.down(false)
      expect(await sweeps.load('dead_letters')).toMatchObject({ cursor: place })
    }
    expect(await copying.run(NOW)).toMatchObject({ seen: 5, copied: 5 })
    expect(await sweeps.load('dead_letters')).toEqual({ cursor: null, completedAtMs: NOW })
  })

  it('T43: a run that fails in the middle has come as far as it has read', async () => {
    await queue.dlq(Array.from({ length: 25 }, (_, n) => dead(`{"n":${n}}`).entry))
    let pages = 0
    const list = createQstashDlq(QUEUE)
    const failing = copyDeadLetters({
      list: (cursor) => (++pages > 3 ? Promise.reject(new Error('the worker was ended')) : list(cursor)),
      letters,
      sweeps,
      consumerOrigin: CONSUMER_ORIGIN,
    })
    await expect(failing.run(NOW)).rejects.toThrow('was ended')
    expect(await sweeps.load('dead_letters')).toMatchObject({ cursor: '6' })
  })

  it('T43: people are told when no pass has come to its end for a day', async () => {
    await copying.run(NOW)
    await queue.down(true)
    await runTasks([{ ...copying, everyMinutes: 1 }], NOW + 23 * HOUR)
    expect(alerts()).toEqual([])
    await runTasks([{ ...copying, everyMinutes: 1 }], NOW + 25 * HOUR)
    expect(alerts()).toEqual(['dead_letters_unswept'])
    expect(lines.some((line) => line.includes('cron_failed'))).toBe(true)
  })

  it('T43: people are told so too where the very first pass fails', async () => {
    await sweeps.save('dead_letters', { cursor: null, completedAtMs: null })
    await queue.down(true)
    await runTasks([{ ...copying, everyMinutes: 1 }], NOW)
    await runTasks([{ ...copying, everyMinutes: 1 }], NOW + 25 * HOUR)
    expect(alerts()).toEqual(['dead_letters_unswept'])
  })

  it('a body that QStash hides or that is too long is told as lost, and cannot be replayed', async () => {
    const hidden = dead(`REDACTED:${'0'.repeat(64)}`)
    await queue.dlq([hidden.entry])
    await copying.run(NOW)
    expect(alerts()).toEqual(['dead_letter_without_body'])
    expect(await operate('POST', '/dlq/replay', { ids: [hidden.id] })).toMatchObject({
      letters: [{ letter: hidden.id, outcome: 'without_body' }],
    })
  })

  it('T43: a letter that was told of without its body gets it from the list, once, and can be replayed then', async () => {
    const { id, dlqId, callback, entry, body } = dead('{"paymentId":"pay_0123456789abcdef0123456789"}')
    const { sourceBody: _, ...bare } = callback
    expect((await deliver(bare, 'failure')).status).toBe(200)
    expect(await letter(id)).toMatchObject({ body: null, paymentId: null })
    await queue.dlq([{ ...entry, body: 'REDACTED:9f' }])
    await copying.run(NOW)
    expect(alerts()).toEqual(['dead_letter_without_body'])
    await queue.dlq([entry])
    for (let i = 0; i < 2; i++) await copying.run(NOW)
    expect(await letter(id)).toMatchObject({ body, dlqId, paymentId: 'pay_0123456789abcdef0123456789', state: 'open' })
    expect(alerts()).toEqual(['dead_letter_without_body', 'dead_letter'])
  })

  it('a letter that people have closed is not told of again, not even when its body turns up', async () => {
    const { id, callback, entry } = dead('{"n":1}')
    const { sourceBody: _, ...bare } = callback
    expect((await deliver(bare, 'failure')).status).toBe(200)
    await operate('POST', '/dlq/close', { ids: [id] })
    await queue.dlq([entry])
    await copying.run(NOW)
    expect(await letter(id)).toMatchObject({ body: null, state: 'closed' })
    expect(alerts()).toEqual(['dead_letter_without_body'])
  })

  it('what is open for an hour is told every hour; what is dealt with is forgotten after 90 days', async () => {
    const [open, closed] = [dead('{"n":1}', { agoMs: 2 * HOUR }), dead('{"n":2}')]
    await queue.dlq([open.entry, closed.entry])
    await copying.run(NOW)
    lines.length = 0
    expect(await watchDeadLetters({ letters }).run(NOW)).toEqual({ open: 1 })
    expect(alerts()).toEqual(['dead_letters_open'])
    await letters.close([closed.id], NOW)
    await queue.dlq([])
    expect(await copying.run(NOW + 90 * DAY)).toMatchObject({ forgotten: 0 })
    expect(await copying.run(NOW + 91 * DAY)).toMatchObject({ forgotten: 1 })
    expect(await letter(open.id)).toMatchObject({ state: 'open' })
  })
})

describe('/operator/dlq', () => {
  const died = async (verdict: Verdict) => {
    const one = dead(JSON.stringify(callbackMessage(verdict)))
    await deliver(one.callback, 'failure')
    return one
  }
  const replay = (what: unknown) =>
    operate('POST', '/dlq/replay', what) as Promise<{ letters: Replayed[]; more: boolean }>

  it('T43: a replay is a new message with the same body, and fulfils the payment once', async () => {
    const input = order()
    await begin(input)
    const { id, body } = await died(verdictOn(input))
    const tried = await replay({ ids: [id], dryRun: true })
    expect(tried.letters).toEqual([{ letter: id, outcome: 'would_replay', dedupId: `replay_${id}_1`, body }])
    expect((await queue.published()).filter(({ dedupId }) => dedupId?.includes(id))).toEqual([])

    for (let i = 0; i < 2; i++) expect((await replay({ ids: [id] })).letters[0]?.outcome).toBe('replayed')
    const published = (await queue.published()).filter(({ dedupId }) => dedupId?.includes(id))
    expect(published.map(({ dedupId }) => dedupId)).toEqual([`replay_${id}_1`, `replay_${id}_2`])
    expect(published.map((message) => message.body)).toEqual([body, body])
    expect(published[0]?.target).toBe(`/v2/publish/${CONSUMER_ORIGIN}/deliveries/callback`)
    for (let i = 0; i < 2; i++) expect((await deliver(JSON.parse(body))).status).toBe(200)
    expect((await read(input.paymentId))?.fulfilment.status).toBe('fulfilled')
    expect(await entriesOf(input.paymentId)).toHaveLength(2)
  })

  it('T43: an id is not used again, not even when it is not known what became of it', async () => {
    const { id } = await died(verdictOn(order()))
    await queue.down(true)
    expect((await replay({ ids: [id] })).letters).toEqual([{ letter: id, outcome: 'publish_failed' }])
    expect(await letter(id)).toMatchObject({ state: 'open', replays: 1 })
    await queue.down(false)
    expect((await replay({ ids: [id] })).letters).toMatchObject([{ outcome: 'replayed', dedupId: `replay_${id}_2` }])
    expect(await letter(id)).toMatchObject({ state: 'replayed', replayedAs: expect.stringMatching(/^msg_/) })
  })

  it('T43: a replay that dies is a letter of its own, which says what it was a replay of', async () => {
    const { id } = await died(verdictOn(order()))
    const [replayed] = (await replay({ ids: [id] })).letters
    if (replayed?.outcome !== 'replayed') throw new Error('not replayed')
    const again = dead('{}')
    await deliver({ ...again.callback, sourceMessageId: replayed.messageId }, 'failure')
    expect(await letter(replayed.messageId)).toMatchObject({ replayOf: id, state: 'open' })
  })

  it('lists and chooses by kind, payment and range of time', async () => {
    const payment = 'pay_0123456789abcdef0123456789'
    const all = [
      dead(`{"paymentId":"${payment}"}`, { agoMs: 3 * HOUR }),
      dead('{}', { agoMs: 2 * HOUR, kind: 'fulfilment' }),
      dead('{}', { agoMs: HOUR }),
    ]
    for (const { callback } of all) await deliver(callback, 'failure')
    const [first, second, third] = all.map(({ id }) => id)
    const ids = async (query: string) => {
      const answer = (await operate('GET', `/dlq?${query}`)) as { letters: { messageId: string }[] }
      return answer.letters.map(({ messageId }) => messageId)
    }
    const at = (agoMs: number) => encodeURIComponent(new Date(NOW - agoMs).toISOString())
    expect(await ids('')).toEqual([third, second, first])
    expect(await ids('kind=fulfilment')).toEqual([second])
    expect(await ids(`payment=${payment}`)).toEqual([first])
    expect(await ids(`from=${at(2 * HOUR)}&to=${at(HOUR)}`)).toEqual([second])
    const page = (await operate('GET', '/dlq?limit=2')) as { cursor: string }
    expect(await ids(`cursor=${page.cursor}`)).toEqual([first])
    expect(await operate('GET', `/dlq/${first}`)).toMatchObject({ messageId: first, body: all[0]?.body })

    expect(await operate('POST', '/dlq/close', { kind: 'fulfilment' })).toMatchObject({ letters: [second] })
    expect(await ids('state=open')).toEqual([third, first])
    expect((await replay({ ids: [second] })).letters).toEqual([{ letter: second, outcome: 'closed' }])
    const rest = await replay({ from: new Date(NOW - DAY).toISOString(), limit: 1 })
    expect([rest.letters.length, rest.more]).toEqual([1, true])
  })

  it('a range goes on below what stays open: letters without a body do not keep it from the others', async () => {
    const whole = [dead('{}', { agoMs: 3 * HOUR }), dead('{}', { agoMs: 1 * HOUR })]
    const bare = dead('{}', { agoMs: 2 * HOUR })
    const { sourceBody: _, ...bodyless } = bare.callback
    for (const callback of [...whole.map((each) => each.callback), bodyless]) await deliver(callback, 'failure')
    const walk = async (path: string, more: object) => {
      const seen: unknown[] = []
      for (let cursor: string | undefined, i = 0; i < 10; i++) {
        const from = new Date(NOW - DAY).toISOString()
        const asked = { from, limit: 1, ...more, ...(cursor === undefined ? {} : { cursor }) }
        const page = (await operate('POST', path, asked)) as { letters: unknown[]; cursor?: string }
        seen.push(...page.letters)
        cursor = page.cursor
        if (cursor === undefined) return seen
      }
      throw new Error('never ends')
    }
    const [oldest, newest] = whole.map(({ id }) => id)
    expect(await walk('/dlq/close', { dryRun: true })).toEqual([newest, bare.id, oldest])
    expect(await walk('/dlq/replay', {})).toMatchObject([
      { letter: newest, outcome: 'replayed' },
      { letter: bare.id, outcome: 'without_body' },
      { letter: oldest, outcome: 'replayed' },
    ])
  })

  it.each([
    ['nothing', {}],
    ['a filter that it does not know', { kinds: 'callback' }],
    ['no letters', { ids: [] }],
    ['a time that is none', { from: 'yesterday' }],
  ])('refuses a replay that names %s', async (_, body) => {
    expect(await operate('POST', '/dlq/replay', body)).toMatchObject({ code: 'invalid_request' })
  })
})
