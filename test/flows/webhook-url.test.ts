import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkWebhookUrl, isPublicAddress, type UrlPolicy } from '../../src/flows/webhook-url.ts'

const POLICY: UrlPolicy = {
  ownOrigins: ['https://pay.example.org', 'https://deliveries.example.org'],
  loopbackAllowed: false,
}
const DEVELOPMENT: UrlPolicy = {
  ownOrigins: ['http://127.0.0.1:8787', 'http://127.0.0.1:8788'],
  loopbackAllowed: true,
}
const check = (url: string, policy = POLICY) => {
  const checked = checkWebhookUrl(url, policy)
  return checked.ok ? 'ok' : checked.error
}

/** The 32 bits of an IPv4 address in the ways that people and URL parsers write it. */
const spellings = (n: number): string[] => {
  const [a, b, c, d] = [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
  const hex = (part: number) => `0x${part.toString(16)}`
  const octal = (part: number) => `0${part.toString(8)}`
  const high = ((a << 8) | b).toString(16)
  const low = ((c << 8) | d).toString(16)
  return [
    `${a}.${b}.${c}.${d}`,
    `${a}.${b}.${c}.${d}.`,
    String(n),
    hex(n),
    octal(n),
    [a, b, c, d].map(hex).join('.'),
    [a, b, c, d].map(octal).join('.'),
    `${a}.${n & 0xffffff}`,
    `${a}.${b}.${n & 0xffff}`,
    `%3${String(a)[0]}${String(a).slice(1)}.${b}.${c}.${d}`,
    `${a}。${b}。${c}。${d}`,
    `[::ffff:${a}.${b}.${c}.${d}]`,
    `[::ffff:${high}:${low}]`,
    `[64:ff9b::${high}:${low}]`,
    `[64:ff9b:1::${high}:${low}]`,
    `[2002:${high}:${low}::1]`,
    `[2001:0:${high}:${low}::1]`,
    `[::${a}.${b}.${c}.${d}]`,
  ]
}

const PRIVATE: readonly [string, number, number][] = [
  ['this network', 0x00000000, 8],
  ['private', 0x0a000000, 8],
  ['carrier-grade NAT', 0x64400000, 10],
  ['loopback', 0x7f000000, 8],
  ['link-local and metadata', 0xa9fe0000, 16],
  ['private', 0xac100000, 12],
  ['protocol assignments', 0xc0000000, 24],
  ['documentation', 0xc0000200, 24],
  ['private', 0xc0a80000, 16],
  ['benchmarks', 0xc6120000, 15],
  ['documentation', 0xc6336400, 24],
  ['documentation', 0xcb007100, 24],
  ['multicast', 0xe0000000, 4],
  ['reserved and broadcast', 0xf0000000, 4],
]
const inNetwork = (base: number, bits: number) =>
  fc.integer({ min: 0, max: 2 ** (32 - bits) - 1 }).map((host) => (base + host) >>> 0)

describe('T46: an address that a shop gives us', () => {
  it.each(PRIVATE)('is never one of a network that is not public, however it is spelt: %s %i/%i', (_, base, bits) => {
    fc.assert(
      fc.property(inNetwork(base, bits), (n) => {
        const passed = spellings(n).filter((host) =>
          [POLICY, DEVELOPMENT].some((policy) => check(`https://${host}/hook`, policy) === 'ok'),
        )
        expect(passed).toEqual([])
        expect(isPublicAddress(`${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`)).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  it('is no literal at all: a certificate names a host', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV4Extended(),
          fc.ipV6().map((text) => `[${text}]`),
        ),
        (host) => {
          expect(check(`https://${host}/`)).not.toBe('ok')
        },
      ),
    )
  })

  it('is public only as an address of the Internet: nothing that embeds another one', () => {
    fc.assert(
      fc.property(fc.ipV4(), (inner) => {
        for (const outer of [`::ffff:${inner}`, `64:ff9b::${inner}`, `::${inner}`])
          expect(isPublicAddress(outer)).toBe(false)
      }),
    )
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const first = Number.parseInt(text.startsWith(':') ? '0' : (text.split(':')[0] ?? '0'), 16)
        if (first < 0x2000 || first > 0x3fff) expect(isPublicAddress(text)).toBe(false)
      }),
    )
    for (const text of ['8.8.8.8', '41.72.96.1', '2001:4860:4860::8888', '2c0f:fb50::1'])
      expect(isPublicAddress(text)).toBe(true)
    for (const text of [
      '',
      'shop.co.zm',
      '1.2.3',
      '2002:0808:0808::1',
      '2001::1',
      'fe80::1%eth0',
      'fd12::1',
      '::',
      '::1',
    ])
      expect(isPublicAddress(text)).toBe(false)
  })

  it.each([
    ['https://shop.co.zm/hooks/lango?x=1', 'ok'],
    ['https://shop.co.zm:443/', 'ok'],
    ['HTTPS://SHOP.CO.ZM/', 'ok'],
    ['https://bücher.de/', 'ok'],
    ['https://a_b.shop.com/', 'ok'],
    ['http://shop.co.zm/', 'not_https'],
    ['ftp://shop.co.zm/', 'not_https'],
    ['javascript:alert(1)', 'not_https'],
    ['file:///etc/passwd', 'not_https'],
    ['https://shop.co.zm:8443/', 'port'],
    ['https://shop.co.zm:80/', 'port'],
    ['https://user@shop.co.zm/', 'user_info'],
    ['https://:secret@shop.co.zm/', 'user_info'],
    ['https://shop.co.zm@10.0.0.1/', 'user_info'],
    ['https://localhost/', 'name'],
    ['https://LOCALHOST/', 'name'],
    ['https://localhost./', 'name'],
    ['https://shop.localhost/', 'name'],
    ['https://shop.co.zm./', 'name'],
    ['https://intranet/', 'name'],
    ['https://printer.local/', 'name'],
    ['https://metadata.google.internal/computeMetadata/v1/', 'name'],
    ['https://router.home.arpa/', 'name'],
    ['https://shop.test/', 'name'],
    ['https://-shop.com/', 'name'],
    ['https://shop..com/', 'name'],
    ['https://127.0.0.1/', 'address'],
    ['https://[::1]/', 'address'],
    ['https://169.254.169.254/latest/meta-data/', 'address'],
    ['https://pay.example.org/v1/payments', 'own_host'],
    ['https://PAY.EXAMPLE.ORG/', 'own_host'],
    ['https://deliveries.example.org/deliveries/callback', 'own_host'],
    ['shop.co.zm', 'not_a_url'],
    ['', 'not_a_url'],
    ['https://', 'not_a_url'],
    [`https://shop.co.zm/${'x'.repeat(2048)}`, 'not_a_url'],
    // Each becomes nine characters.
    [`https://shop.co.zm/${'店'.repeat(300)}`, 'not_a_url'],
  ])('%s: %s', (url, result) => {
    expect(check(url)).toBe(result)
  })

  it.each([
    ['http://127.0.0.1:3000/hook', 'ok'],
    ['http://localhost:3000/hook', 'ok'],
    ['http://[::1]:3000/hook', 'ok'],
    ['http://127.0.0.1:8787/v1/payments', 'own_host'],
    ['http://127.0.0.1:8788/deliveries/callback', 'own_host'],
    ['http://10.0.0.1/', 'not_https'],
    ['http://shop.co.zm/', 'not_https'],
    ['https://shop.co.zm/', 'ok'],
  ])('in development: %s: %s', (url, result) => {
    expect(check(url, DEVELOPMENT)).toBe(result)
    if (url.startsWith('http:')) expect(check(url)).toBe('not_https')
  })

  it('what passes is what would be called: https, on the usual port, by a public name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string()), (text) => {
        const checked = checkWebhookUrl(text, POLICY)
        if (!checked.ok) return
        const { protocol, port, hostname, username, password } = checked.value
        expect([protocol, port, username, password]).toEqual(['https:', '', '', ''])
        expect(hostname.split('.').length).toBeGreaterThan(1)
        expect(hostname).toMatch(/^[a-z0-9._-]+$/)
        expect(hostname).not.toMatch(/\.(\d+|local|internal|localhost)$/)
      }),
    )
  })
})
