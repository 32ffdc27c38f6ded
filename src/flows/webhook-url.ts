import ipaddr from 'ipaddr.js'
import type { UrlRefusal } from '../contracts/webhooks.ts'
import { err, ok, type Result } from '../domain/result.ts'

export interface UrlPolicy {
  /** Origins of this deployment: a shop must not make it call itself. */
  readonly ownOrigins: readonly string[]
  /** In development alone: plain http to loopback addresses, on any port. */
  readonly loopbackAllowed: boolean
}

const URL_CHARACTERS_MAX = 2048

/** Names that are nobody's on the public Internet, or somebody's on a private one (RFC 6761, 6762, 7686, 8375, 9476, ICANN). */
const PRIVATE_SUFFIXES = [
  'alt',
  'arpa',
  'corp',
  'example',
  'home',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'mail',
  'onion',
  'private',
  'test',
]

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

/** 2000::/3 is all that has been given out. */
const [GLOBAL_V6, GLOBAL_V6_BITS] = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether anybody on the Internet may have this address. Everything that embeds another address (mapped, NAT64, 6to4, Teredo)
 * counts as not public, whatever it embeds: no shop needs one.
 */
export const isPublicAddress = (text: string): boolean => {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_V6, GLOBAL_V6_BITS)
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)

const isPublicName = (hostname: string): boolean => {
  const labels = hostname.split('.')
  const last = labels.at(-1) ?? ''
  return (
    hostname.length <= 253 &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label)) &&
    /[a-z]/.test(last) &&
    !PRIVATE_SUFFIXES.includes(last)
  )
}

/**
 * Whether a shop's address may be called, as far as it can be told from the address itself. The URL parser has by then undone
 * every spelling (decimal, octal, hex, percent, full-width): what is looked at is what would be connected to. An address
 * literal is refused whatever it is, for a certificate names a host.
 */
export const checkWebhookUrl = (text: string, policy: UrlPolicy): Result<URL, UrlRefusal> => {
  if (text.length > URL_CHARACTERS_MAX || !URL.canParse(text)) return err('not_a_url')
  const url = new URL(text)
  // Kept as it is encoded, and checked again with each try.
  if (url.href.length > URL_CHARACTERS_MAX) return err('not_a_url')
  const { protocol, hostname, host, port, username, password } = url
  if (username !== '' || password !== '') return err('user_info')
  const own = policy.ownOrigins.map((origin) => new URL(origin))
  if (policy.loopbackAllowed && protocol === 'http:' && isLoopback(hostname))
    return own.some((each) => each.host === host) ? err('own_host') : ok(url)
  if (protocol !== 'https:') return err('not_https')
  if (port !== '') return err('port')
  if (hostname.startsWith('[') || ipaddr.isValid(hostname)) return err('address')
  if (!isPublicName(hostname)) return err('name')
  return own.some((each) => each.hostname === hostname) ? err('own_host') : ok(url)
}
