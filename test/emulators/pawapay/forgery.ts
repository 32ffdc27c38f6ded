import { generateKeyPairSync } from 'node:crypto'
import { type Callbacks, callbackBody } from './callbacks.ts'
import type { Deposit } from './deposits.ts'
import { COMPONENTS, contentDigest, type SignatureEncoding, signMessage } from './http-signature.ts'
import { USUAL } from './persona.ts'

/** What is wrong with a hand-made callback; README.md has a line for each. */
const TAMPERINGS = [
  'none',
  'body',
  'digest',
  'signature',
  'unsigned',
  'other-key',
  'unknown-key',
  'uncovered',
  'expired',
  'other-path',
] as const
export type Tampering = (typeof TAMPERINGS)[number]

export const isTampering = (value: unknown): value is Tampering => (TAMPERINGS as readonly unknown[]).includes(value)

/** Any field replaces the one that the real callback would carry; `body` (text) replaces the whole. */
export interface ForgeryOrder {
  readonly depositId: string
  readonly tamper?: Tampering
  readonly body?: string
  readonly path?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

const bodyOf = (order: ForgeryOrder, deposit: Deposit | undefined): Buffer =>
  Buffer.from(
    order.body ??
      JSON.stringify({ depositId: order.depositId, ...(deposit ? callbackBody(deposit, USUAL) : {}), ...order.fields }),
  )

/** The first digit of the amount becomes another digit; without an amount, the last letter or digit changes by one bit. */
const changed = (body: Buffer): Buffer => {
  const text = body.toString('latin1')
  const amount = /"amount":"(?=\d)/.exec(text)
  const at = amount ? amount.index + amount[0].length : text.search(/[0-9A-Za-z][^0-9A-Za-z]*$/)
  const copy = Buffer.from(body)
  if (at >= 0) copy[at] = (copy[at] as number) ^ 1
  return copy
}

const flipped = (header: string): string => {
  const [label = '', value = ''] = header.split(/=(.*)/s)
  const bytes = Buffer.from(value.slice(1, -1), 'base64')
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
  return `${label}=:${bytes.toString('base64')}:`
}

const EXPIRED_MS = 10 * 60_000

/** Headers and body of a callback that is signed as a real one and then spoilt in one way. */
export const forge = (
  order: ForgeryOrder,
  deposit: Deposit | undefined,
  url: URL,
  callbacks: Callbacks,
  encoding: SignatureEncoding,
): { readonly headers: Record<string, string>; readonly body: Buffer } => {
  const body = bodyOf(order, deposit)
  const genuine = callbacks.sign(url, body)
  const signedBy = (id: string) =>
    signMessage(
      { method: 'POST', authority: url.host, target: url.pathname + url.search, body },
      { id, privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
      { nowMs: Date.now(), encoding, contentType: 'application/json', nanoseconds: 1 },
    )
  const keyId = /keyid="([^"]*)"/.exec(genuine['Signature-Input'] ?? '')?.[1] ?? ''
  switch (order.tamper ?? 'none') {
    case 'none':
      return { headers: genuine, body }
    case 'body':
      return { headers: genuine, body: changed(body) }
    case 'digest': {
      const other = changed(body)
      return { headers: { ...genuine, 'Content-Digest': contentDigest(other) }, body: other }
    }
    case 'signature':
      return { headers: { ...genuine, Signature: flipped(genuine['Signature'] ?? '') }, body }
    case 'unsigned':
      return { headers: { 'Content-Type': 'application/json' }, body }
    case 'other-key':
      return { headers: signedBy(keyId), body }
    case 'unknown-key':
      return { headers: signedBy('HTTP_EC_P256_KEY:999'), body }
    case 'uncovered': {
      const names = COMPONENTS.filter((name) => name !== 'content-digest')
      const other = changed(body)
      const headers = callbacks.sign(url, body, 0, names)
      return { headers: { ...headers, 'Content-Digest': contentDigest(other) }, body: other }
    }
    case 'expired':
      return { headers: callbacks.sign(url, body, -EXPIRED_MS), body }
    case 'other-path':
      return { headers: callbacks.sign(new URL(`${url.href}/elsewhere`), body), body }
  }
}
