import { expect, it } from 'vitest'
import { moment, span } from '../../../scripts/lango/moment.ts'

it.each([
  ['2026-11-01', '2026-11-01T00:00:00.000Z'],
  ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ['2026-11-21T08:00Z', '2026-11-21T08:00:00.000Z'],
  ['2026-11-21T08:00:00.5+03:00', '2026-11-21T05:00:00.500Z'],
])('%s is a time', (text, expected) => {
  expect(moment('--at', text)).toBe(expected)
})

// Each but the last few is something to `Date`.
it.each([
  '2',
  '72',
  '5',
  '01/12/2026',
  '2026-02-31',
  '2026-02-29T08:00:00Z',
  '2026-11-21T08:00',
  'Nov 1',
  '2026-13-01',
  '2026-11-01T25:00Z',
  '',
])('"%s" is none', (text) => {
  expect(() => moment('--from', text)).toThrow(
    `--from: "${text}" is no time: write 2026-11-01 or 2026-11-21T08:00:00Z.`,
  )
})

it('a span ends after it begins', () => {
  const whole = { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' }
  expect(span('2026-11-01', '2026-12-01')).toEqual(whole)
  for (const from of ['2026-12-01', '2026-12-02'])
    expect(() => span(from, '2026-12-01')).toThrow(`--from ${from} is not before --to 2026-12-01.`)
})
