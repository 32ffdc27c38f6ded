import ipaddr from 'ipaddr.js'

/**
 * The address ranges that Cloudflare publishes (https://www.cloudflare.com/ips/). A Worker's `connect()` does not reach them;
 * its `fetch()` does.
 */
const CLOUDFLARE = [
  '173.245.48.0/20',
  '103.21.244.0/22',
  '103.22.200.0/22',
  '103.31.4.0/22',
  '141.101.64.0/18',
  '108.162.192.0/18',
  '190.93.240.0/20',
  '188.114.96.0/20',
  '197.234.240.0/22',
  '198.41.128.0/17',
  '162.158.0.0/15',
  '104.16.0.0/13',
  '104.24.0.0/14',
  '172.64.0.0/13',
  '131.0.72.0/22',
  '2400:cb00::/32',
  '2606:4700::/32',
  '2803:f800::/32',
  '2405:b500::/32',
  '2405:8100::/32',
  '2a06:98c0::/29',
  '2c0f:f248::/32',
].map((range) => ipaddr.parseCIDR(range))

const within = (address: ipaddr.IPv4 | ipaddr.IPv6, range: (typeof CLOUDFLARE)[number]): boolean =>
  address.kind() === range[0].kind() && (address as ipaddr.IPv4).match(range as [ipaddr.IPv4, number])

export type Reach = 'open' | 'cloudflare' | 'not public'

/** Where an address lies, seen from a Worker. */
export const reachOf = (text: string): Reach => {
  const address = ipaddr.process(text)
  if (CLOUDFLARE.some((range) => within(address, range))) return 'cloudflare'
  return address.range() === 'unicast' ? 'open' : 'not public'
}

export type Resolve = (host: string) => Promise<readonly string[]>

const WORDS: Readonly<Record<Reach, string>> = {
  open: 'fetch() and connect() reach it',
  cloudflare:
    "behind Cloudflare: fetch() reaches it, connect() does not (Workers cannot open sockets to Cloudflare's addresses)",
  'not public': 'no public address: no Worker reaches it',
}

/** One line for a gateway's host: its addresses and what a Worker can do with them. */
export const describeHost = async (
  host: string,
  resolve: Resolve,
): Promise<{ readonly line: string; readonly ok: boolean }> => {
  let addresses: readonly string[]
  try {
    addresses = await resolve(host)
  } catch (error) {
    return { line: `${host}: does not resolve (${(error as NodeJS.ErrnoException).code ?? 'no address'})`, ok: false }
  }
  const reaches = [...new Set(addresses.map(reachOf))]
  return {
    line: `${host} (${addresses.join(', ')}): ${reaches.map((reach) => WORDS[reach]).join('; ')}`,
    ok: !reaches.includes('not public'),
  }
}
