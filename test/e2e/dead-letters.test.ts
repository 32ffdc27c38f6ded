import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { approve, auditLedger, openPayments } from '../../scripts/spike/spike.ts'
import { eventually, useStack } from './fixture.ts'

const lango = useStack()
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** `npm run lango -- …`, as its users run it: what it prints. */
const cli = async (...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['scripts/lango.ts', '--url', lango.stack.consumerUrl, ...args],
    { env: { ...process.env, LANGO_STATE_DIR: lango.stack.stateDir } },
  )
  return stdout.trim()
}

/** Until `mend`: every fulfilment fails in D1, and the queue gives up on it. */
const breakD1 = () =>
  lango.stack.database
    .prepare(`CREATE TRIGGER outage BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'D1 is out'); END`)
    .run()
const mend = () => lango.stack.database.prepare('DROP TRIGGER outage').run()

const lettersOf = async (kind: string) => {
  const { results } = await lango.stack.database
    .prepare('SELECT message_id, seen_by, state, replayed_as, replays FROM dead_letters WHERE kind = ?')
    .bind(kind)
    .all<{ message_id: string; seen_by: string; state: string; replayed_as: string | null; replays: number }>()
  return results
}

/** The last of the queue's four tries comes after 33 minutes. */
const giveUp = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await lango.stack.qstash.advance(31 * MINUTE)
}

const fulfilled = async (id: string): Promise<boolean> => (await lango.get(id)).body.fulfilment.status === 'fulfilled'

it('T43: what the queue gives up on is copied at once, and a replay fulfils the payment when the queue has forgotten it', async () => {
  const [payment] = await openPayments(lango.stack, 1)
  if (!payment) throw new Error('no payment')
  await breakD1()
  await approve(lango.stack, payment)
  await eventually(() => lango.stack.qstash.deliveries().some(({ status }) => status === 503))
  await giveUp()
  const [letter] = await eventually(async () => {
    const letters = await lettersOf('callback')
    return letters.length > 0 && letters
  })
  expect(letter).toMatchObject({ seen_by: 'failure_callback', state: 'open' })
  const id = letter?.message_id ?? ''
  expect(lango.logs.some((line) => line.includes('"code":"dead_letter"') && line.includes(id))).toBe(true)
  expect(await fulfilled(payment.id)).toBe(false)

  await lango.stack.qstash.advance(8 * DAY)
  await mend()
  expect(await cli('dlq', 'list', '--kind', 'callback')).toMatch(new RegExp(`^${id} +open .* 503 +${payment.id}`))
  expect(await cli('dlq', 'show', id)).toContain('"attested')
  const before = lango.stack.qstash.published().length
  // The queue's clock is days ahead of the command's.
  const to = new Date(Date.now() + 30 * DAY).toISOString()
  expect(await cli('dlq', 'replay', '--kind', 'callback', '--from', '30d', '--to', to, '--dry-run')).toContain(
    `${id}  would be queued under replay_${id}_1`,
  )
  expect(lango.stack.qstash.published()).toHaveLength(before)

  for (let i = 1; i <= 2; i++) expect(await cli('dlq', 'replay', id)).toContain(`${id}  queued as msg_`)
  await eventually(() => fulfilled(payment.id))
  const ids = lango.stack.qstash
    .published()
    .flatMap(({ headers }) => headers.filter(([name]) => name.toLowerCase() === 'upstash-deduplication-id'))
    .map(([, value]) => value)
  expect(ids.filter((value) => value.includes(id))).toEqual([`replay_${id}_1`, `replay_${id}_2`])
  expect(new Set(ids).size).toBe(ids.length)
  expect(await auditLedger(lango.stack, [payment])).toEqual({ wronglyPosted: [], imbalances: 0 })
  expect(await lettersOf('callback')).toMatchObject([{ state: 'replayed', replays: 2 }])
  expect(await cli('dlq', 'close', id)).toBe(`${id}  closed`)
  expect(await cli('dlq', 'list', '--state', 'open', '--kind', 'callback')).toBe('no dead letters')
})

it('T43: what no failure callback tells is found by the cron before it passes away', async () => {
  const [payment] = await openPayments(lango.stack, 1)
  if (!payment) throw new Error('no payment')
  lango.stack.qstash.persona({ loseFailureCallbacks: 1_000 })
  const refused = () => lango.stack.qstash.deliveries().filter(({ status }) => status === 503).length
  const before = refused()
  await breakD1()
  await approve(lango.stack, payment)
  const known = (await lettersOf('callback')).length
  await eventually(() => refused() > before)
  await giveUp()
  expect(await lettersOf('callback')).toHaveLength(known)
  await lango.stack.cron()
  const found = (await lettersOf('callback')).filter(({ seen_by }) => seen_by === 'sweep')
  expect(found).toHaveLength(1)
  await lango.stack.qstash.advance(8 * DAY)
  await mend()
  lango.stack.qstash.persona({ loseFailureCallbacks: 0 })
  await cli('dlq', 'replay', found[0]?.message_id ?? '')
  await eventually(() => fulfilled(payment.id))
  expect(await auditLedger(lango.stack, [payment])).toEqual({ wronglyPosted: [], imbalances: 0 })
})

it('T44: poison is put aside at once, and nothing waits behind it', async () => {
  const { qstash, consumerUrl } = lango.stack
  const url = `${consumerUrl}/deliveries/callback`
  await fetch(`${qstash.url}/v2/publish/${url}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${qstash.token}`,
      'content-type': 'application/json',
      'upstash-failure-callback': `${consumerUrl}/deliveries/failure`,
    },
    body: '{"v":1,"kind":"something"}',
  })
  const [payment] = await openPayments(lango.stack, 1)
  if (!payment) throw new Error('no payment')
  await approve(lango.stack, payment)
  await eventually(() => fulfilled(payment.id))
  const tries = () => qstash.deliveries().filter(({ status }) => status === 489)
  await eventually(() => tries().length > 0)
  await eventually(async () =>
    (await lettersOf('callback')).some(({ message_id }) => message_id === tries()[0]?.messageId),
  )
  expect(tries()).toHaveLength(1)
})

it('T45: the queue’s keys are rotated once: deliveries go on, and people are told; twice: nothing is let in', async () => {
  const { qstash } = lango.stack
  const rotate = () =>
    fetch(`${qstash.url}/v2/keys/rotate`, { method: 'POST', headers: { authorization: `Bearer ${qstash.token}` } })
  const [first, second] = await openPayments(lango.stack, 2)
  if (!first || !second) throw new Error('no payments')
  await rotate()
  await approve(lango.stack, first)
  await eventually(() => fulfilled(first.id))
  await eventually(() => lango.logs.some((line) => line.includes('"code":"queue_keys_rotated"')))

  const before = qstash.deliveries().length
  await rotate()
  await approve(lango.stack, second)
  await eventually(() => lango.logs.some((line) => line.includes('queue_signature_refused')))
  await eventually(() =>
    qstash
      .deliveries()
      .slice(before)
      .some(({ status }) => status === 401),
  )
  expect(await fulfilled(second.id)).toBe(false)
})

it('the command says whether the consumer answers and knows its key, and that it did nothing', async () => {
  expect(await cli('status')).toBe('ok: the consumer answers, and the key is right')
  expect(await cli('--url', `${lango.stack.consumerUrl}/`, 'status')).toMatch(/^ok: /)
  for (const what of ['replay', 'close'])
    expect(await cli('dlq', what, 'msg_of_nobody')).toBe('no dead letter fits: nothing was done')
})
