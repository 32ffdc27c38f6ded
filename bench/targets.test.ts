import { expect, it } from 'vitest'
import { figure, isMet, type Target, wanted } from './targets.ts'

const target = (measured: number, bound: Target['bound']): Target => ({ name: 'x', measured, unit: 'ms', bound })

it('says met or not met, at the bound too', () => {
  expect([4.99, 5, 5.01].map((value) => isMet(target(value, { atMost: 5 })))).toEqual([true, true, false])
  expect([0.59, 0.6].map((value) => isMet(target(value, { atLeast: 0.6 })))).toEqual([false, true])
  expect([0, 1].map((value) => isMet(target(value, { exactly: 0 })))).toEqual([true, false])
})

it('what was not measured meets nothing', () => {
  for (const bound of [{ atMost: 5 }, { atLeast: 0 }, { exactly: 0 }])
    expect(isMet(target(Number.NaN, bound))).toBe(false)
})

it('writes bounds and figures', () => {
  expect(wanted(target(1, { atMost: 5 }))).toBe('≤ 5 ms')
  expect([0.612, 12.34, 1234.5, 3, Number.NaN].map(figure)).toEqual(['0.61', '12.3', '1235', '3', '–'])
})
