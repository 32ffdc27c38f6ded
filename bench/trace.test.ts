import { expect, it } from 'vitest'
import { type Hop, sequentialHops } from './trace.ts'

const hop = (to: Hop['to'], fromMs: number, toMs: number): Hop => ({ to, what: '', fromMs, toMs })

it('counts what waits for each other, and not what runs side by side', () => {
  const claim = hop('redis', 0, 60)
  const aside = hop('database', 10, 50)
  const begin = hop('object', 61, 300)
  const send = hop('gateway', 90, 240)
  expect(sequentialHops([begin, claim, aside, send], send.fromMs).map(({ to }) => to)).toEqual(['redis', 'object'])
})

it('counts a third round trip before the send, and none after it', () => {
  const hops = [hop('redis', 0, 60), hop('redis', 61, 120), hop('object', 121, 400), hop('redis', 401, 460)]
  expect(sequentialHops(hops, 150)).toHaveLength(3)
  expect(sequentialHops(hops, 1_000)).toHaveLength(4)
  expect(sequentialHops([], 1)).toEqual([])
})
