import { expect, it } from 'vitest'
import { modulesOf, releasesOf } from '../../scripts/stack/release.ts'
import { eventually, freshKey, useStack } from '../e2e/fixture.ts'
import { fulfilledOf } from '../history/stored.ts'
import { workerdPid } from './processes.ts'
import { recording } from './recording.ts'

/** 1,000 in full runs: too slow for every push. */
const OPEN_PAYMENTS = Number(process.env['LANGO_OPEN_PAYMENTS'] ?? 150)
const AT_ONCE = 25

const lango = useStack()
const recorded = recording(lango)

/** Payments whose money is taken between now and some seconds later, whatever code is running then. */
const open = async (count: number): Promise<string[]> => {
  lango.stack.pawapay.persona({ next: count, settleMs: { p50: 3_000, p99: 12_000 } })
  const ids: string[] = []
  const waiting = Array.from({ length: count }, () => recorded.request())
  const pay = async () => {
    for (let body = waiting.pop(); body; body = waiting.pop()) {
      const answer = await recorded.recorder.pay(body, { 'idempotency-key': freshKey() })
      expect([201, 202]).toContain(answer.status)
      ids.push(answer.body.id)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, pay))
  return ids
}

const fulfilledAmong = async (ids: readonly string[]): Promise<number> => {
  const fulfilled = new Set((await fulfilledOf(lango.stack)).map(({ paymentId }) => paymentId))
  return ids.filter((id) => fulfilled.has(id)).length
}

/** The code that runs now fulfils some of these, which other code began. */
const expectTakenOver = async (ids: readonly string[]): Promise<void> => {
  const before = await fulfilledAmong(ids)
  expect(before).toBeLessThan(ids.length)
  await eventually(async () => (await fulfilledAmong(ids)) > before)
}

it(`T53: ${OPEN_PAYMENTS} payments are open while yesterday's consumer comes back, and goes again`, {
  timeout: 60_000 + OPEN_PAYMENTS * 1_000,
}, async () => {
  const release = releasesOf('consumer').at(-1)
  if (!release) throw new Error('no recorded release')
  const third = Math.ceil(OPEN_PAYMENTS / 3)
  const pids = [workerdPid(lango.stack)]

  // Rows of today's code, read and moved on by yesterday's.
  const ids = await open(third)
  await lango.stack.deploy('consumer', modulesOf(release))
  pids.push(workerdPid(lango.stack))
  await expectTakenOver(ids)

  // Rows of yesterday's code, read and moved on by today's.
  const yesterdays = await open(third)
  await lango.stack.deploy('consumer', null)
  pids.push(workerdPid(lango.stack))
  await expectTakenOver(yesterdays)
  ids.push(...yesterdays, ...(await open(third)))
  expect(new Set(pids).size).toBe(3)

  // What was lost in the change of processes comes again.
  await eventually(async () => {
    await lango.stack.pawapay.advance(10_000)
    return lango.stack.pawapay.captures().length === ids.length
  })
  const { ended, captures } = await recorded.expectGreen()
  expect(captures).toHaveLength(ids.length)
  expect(ended.filter(({ status, fulfilment }) => status !== 'succeeded' || fulfilment !== 'fulfilled')).toEqual([])
})
