import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isHostTaken, resumeUrlOf } from '../../src/flows/resume-url.ts'

const LONG = `https://shop.example/${'x'.repeat(2028)}`
const ORIGIN = 'https://pay.example.com'

it.each([
  // What the core takes stays as it was written.
  ['https://shop.example', 'https://shop.example'],
  ['https://shop.example:443/ok', 'https://shop.example:443/ok'],
  ['https://shop.example:8443/a?b=c/d?e', 'https://shop.example:8443/a?b=c/d?e'],
  ['https://shop.example/a%2Fb/../c', 'https://shop.example/a%2Fb/../c'],
  ['http://127.0.0.1:8787/a', 'http://127.0.0.1:8787/a'],
  ['http://[::1]:8787/a', 'http://[::1]:8787/a'],
  [LONG.slice(0, 2048), LONG.slice(0, 2048)],
  // What a browser takes is written as the core takes it.
  ['https://shop.example/#/orders/1', 'https://shop.example/'],
  ['https://shop.example/ok#', 'https://shop.example/ok'],
  ['https://Shop.Example/Ok', 'https://shop.example/Ok'],
  ['HTTPS://shop.example/', 'https://shop.example/'],
  ['https://münchen.example/', 'https://xn--mnchen-3ya.example/'],
  ['https://shop.example/ok?nom=Zoé', 'https://shop.example/ok?nom=Zo%C3%A9'],
  ['https://shop.example/a b', 'https://shop.example/a%20b'],
  ['https://shop.example\\a?b=\\', 'https://shop.example/a?b=%5C'],
  ['https://shop.example:0443/a', 'https://shop.example/a'],
  // What stays too long, or has a host that the core refuses, is passed over.
  [LONG, ORIGIN],
  [`https://shop.example/${'é'.repeat(400)}`, ORIGIN],
  ['https://my_shop.example/', ORIGIN],
  ['https://shop.example./', ORIGIN],
  ['https://-shop.example/', ORIGIN],
  ['https://shop..example/', ORIGIN],
  ['https://shop.example:0/', ORIGIN],
  ['https://user@shop.example/', ORIGIN],
  ['javascript:alert(1)', ORIGIN],
  ['shop.example', ORIGIN],
])('%s: the customer comes back to %s', (written, expected) => {
  expect(resumeUrlOf([written, ORIGIN])).toBe(expected)
})

it('takes the first that can be taken, and none if none can', () => {
  expect(resumeUrlOf([LONG, 'https://my_shop.example/', 'https://Shop.Example/#a', ORIGIN])).toBe(
    'https://shop.example/',
  )
  expect(resumeUrlOf([undefined, ORIGIN])).toBe(ORIGIN)
  expect(resumeUrlOf([LONG, 'https://my_shop.example'])).toBeUndefined()
})

it('is the same place, in visible ASCII, whatever was written', () => {
  fc.assert(
    fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string(), (address, tail) => {
      const text = `${address}${tail}`
      const taken = resumeUrlOf([text])
      if (taken === undefined) return
      expect(taken).toMatch(/^[!-~]{1,2048}$/)
      expect(taken).not.toMatch(/[#\\]/)
      const [written, made] = [new URL(text), new URL(taken)]
      written.hash = ''
      expect(made.href).toBe(written.href.replaceAll('\\', '%5C'))
    }),
  )
})

it.each([
  ['shop.example', true],
  ['shop.example:8443', true],
  ['[::1]:8787', true],
  ['my_shop.example', false],
  ['shop.example.', false],
  ['shop.example:0', false],
  ['x'.repeat(256), false],
])('of the host %s: %s', (host, expected) => {
  expect(isHostTaken(host)).toBe(expected)
})
