import { describe, expect, it } from 'vitest'
import { createAddressMeter } from '../../src/edge/address-meter.ts'

const meterOf = (limit: { count: number; windowMs: number } | null = { count: 3, windowMs: 60_000 }) => {
  let nowMs = 1_000
  return { meter: createAddressMeter(limit, () => nowMs), pass: (ms: number) => (nowMs += ms) }
}

describe('what one address gets wrong', () => {
  it('is forgiven so many times, then it waits until there is room for one', () => {
    const { meter, pass } = meterOf()
    for (let i = 0; i < 3; i++) {
      expect(meter.waitMs('192.0.2.1')).toBe(0)
      meter.charge('192.0.2.1')
    }
    expect(meter.waitMs('192.0.2.1')).toBe(20_000)
    expect(meter.waitMs('192.0.2.2')).toBe(0)
    pass(19_999)
    expect(meter.waitMs('192.0.2.1')).toBe(1)
    pass(1)
    expect(meter.waitMs('192.0.2.1')).toBe(0)
  })

  it('never adds up to a longer wait, however much it is', () => {
    const { meter } = meterOf()
    for (let i = 0; i < 1_000; i++) meter.charge('192.0.2.1')
    expect(meter.waitMs('192.0.2.1')).toBe(20_000)
  })

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:0DB8:1:2::1', '2001:db8:1:2::2', true],
    ['2001:db8::1', '2001:db8:0:0:1::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '1::', false],
  ])('%s and %s are one network: %s', (one, other, same) => {
    const { meter } = meterOf()
    for (let i = 0; i < 3; i++) meter.charge(one)
    expect(meter.waitMs(other) > 0).toBe(same)
  })

  it('is not counted where there is no address, or no limit', () => {
    const { meter } = meterOf()
    for (let i = 0; i < 10; i++) meter.charge(null)
    expect(meter.waitMs(null)).toBe(0)
    const unlimited = meterOf(null).meter
    for (let i = 0; i < 10; i++) unlimited.charge('192.0.2.1')
    expect(unlimited.waitMs('192.0.2.1')).toBe(0)
  })

  it('of very many addresses is forgotten from the oldest on', () => {
    const { meter } = meterOf()
    for (let i = 0; i < 3; i++) meter.charge('192.0.2.1')
    for (let i = 0; i < 10_000; i++) meter.charge(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    expect(meter.waitMs('192.0.2.1')).toBe(0)
  })
})
