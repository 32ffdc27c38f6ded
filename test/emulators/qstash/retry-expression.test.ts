import { expect, it } from 'vitest'
import { retryDelayMs, standardBackoffMs } from './backoff.ts'
import { parseDuration } from './duration.ts'
import { parseRetryExpression } from './retry-expression.ts'

it.each([
  ['1000', 3, 1000],
  ['1000 * (1 + retried)', 2, 3000],
  ['pow(2, retried) * 1000', 3, 8000],
  ['max(1000, pow(2, retried) * 100)', 1, 1000],
  ['10 - 4 - 3', 0, 3],
  ['2 + 3 * 4 / 6', 0, 4],
  ['-2 * -3', 0, 6],
  ['round(1.5) + floor(1.9) + ceil(0.1) + abs(-1) + sqrt(9) + exp(0) + min(7, 8)', 0, 16],
])('%s at %i is %f', (text, retried, value) => {
  expect(parseRetryExpression(text)?.(retried)).toBe(value)
})

it.each([
  '',
  ' ',
  '1 +',
  '(1',
  '1)',
  '1 2',
  'pow(2)',
  'min(1, 2, 3)',
  'retries',
  'constructor(1)',
  'toString',
  '1;2',
  '0x10',
  'a'.repeat(300),
  '('.repeat(255),
])('%s is no expression', (text) => {
  expect(parseRetryExpression(text)).toBeNull()
})

it('standard backoff: seconds as documented, at most a day', () => {
  expect([1, 2, 3, 4, 5, 6].map(standardBackoffMs)).toEqual([
    12_000, 148_000, 1_808_000, 22_026_000, 86_400_000, 86_400_000,
  ])
})

it('a wish beyond a day, and an expression that is no number, fall back to the standard', () => {
  const base = { retried: 0, expression: null, responseHeaders: {}, wallMs: 0 }
  expect(retryDelayMs({ ...base, responseHeaders: { 'Retry-After': ['86401'] } })).toBe(12_000)
  expect(retryDelayMs({ ...base, responseHeaders: { 'Retry-After': ['soon'] } })).toBe(12_000)
  expect(retryDelayMs({ ...base, expression: '1 / 0' })).toBe(12_000)
  expect(retryDelayMs({ ...base, expression: '0 - 5' })).toBe(0)
  expect(retryDelayMs({ ...base, expression: 'pow(10, 12)' })).toBe(86_400_000)
})

it.each([
  ['60s', 60_000],
  ['1d10h30m', 124_200_000],
  ['0s', 0],
  ['', null],
  ['60', null],
  ['1w', null],
  ['1s1s', null],
])('duration %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})
