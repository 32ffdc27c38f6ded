import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { formsOf, numberForms, place, search } from '../../scan/forms.ts'

const NUMBER = '260763451177'
const has = (text: string | Buffer) =>
  search([{ where: 'here', bytes: Buffer.from(text as string) }], numberForms(NUMBER)).length > 0

describe('T55: the search finds a number', () => {
  it.each<[string, string | Buffer]>([
    ['as it is', '{"phoneNumber":"260763451177"}'],
    ['with a plus', 'charged +260763451177.'],
    ['without the country', 'local 0763451177'],
    ['in groups', '+260 763 451 177'],
    ['in pairs', '76 34 51 17 7'],
    ['as a dump shows it', Buffer.from(NUMBER).toString('hex')],
    ['in an address', `?q=${encodeURIComponent(`+${NUMBER}`)}`],
    ['in percent signs', [...NUMBER].map((digit) => `%3${digit}`).join('')],
    ['in JSON escapes', [...NUMBER].map((digit) => `\\u003${digit}`).join('')],
    ['in UTF-16', Buffer.from(`to ${NUMBER}!`, 'utf16le')],
    ['hashed without a key', `{"phone":"${createHash('sha256').update(`+${NUMBER}`).digest('hex')}"}`],
  ])('%s', (_, text) => {
    expect(has(text)).toBe(true)
  })

  it.each(['base64', 'base64url'] as const)('in %s, wherever in what was encoded', (alphabet) => {
    for (let before = 0; before < 6; before += 1)
      for (let after = 0; after < 6; after += 1) {
        const body = `${'{'.repeat(before)}${NUMBER}${'}'.repeat(after)}`
        expect(has(`"body":"${Buffer.from(body).toString(alphabet)}"`), body).toBe(true)
      }
  })

  it('and not what may be shown: the mask, a keyed hash, another number, a time', () => {
    for (const text of ['2607••••1177', 'c9f00d11.5f0d763aa451177', '260763451178', '1790763451000', 'pay_26076345'])
      expect(has(text)).toBe(false)
  })

  it('says where and in what form, and never what', () => {
    const found = search([place('the log', `x${NUMBER}`)], numberForms(NUMBER))
    expect(found).toEqual(['the log: a phone number'])
  })
})

it('T55: a secret is found in a body that was encoded', () => {
  const body = Buffer.from(JSON.stringify({ authorization: 'Bearer t0ken/with+signs' })).toString('base64')
  expect(search([place('queue', body)], formsOf('a token', 't0ken/with+signs'))).toEqual(['queue: a token in base64'])
})
