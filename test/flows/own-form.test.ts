import { expect, it } from 'vitest'
import { isOwnForm } from '../../src/edge/request/own-form.ts'

const OWN = 'https://pay.example.com'

it.each([
  [{}, true],
  [{ 'Sec-Fetch-Site': 'same-origin' }, true],
  [{ 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }, true],
  [{ 'Sec-Fetch-Site': 'cross-site' }, false],
  [{ 'Sec-Fetch-Site': 'same-site' }, false],
  [{ 'Sec-Fetch-Site': 'none' }, false],
  [{ Origin: OWN }, true],
  [{ Origin: 'https://edge.example.com' }, true],
  [{ Origin: 'https://evil.example' }, false],
  [{ Origin: 'null' }, false],
])('a form with %j: %s', (headers, expected) => {
  const request = new Request('https://edge.example.com/c/chk_1', {
    method: 'POST',
    headers: headers as Record<string, string>,
  })
  expect(isOwnForm(request, OWN)).toBe(expected)
})
