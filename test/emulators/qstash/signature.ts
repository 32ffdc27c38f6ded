import { createHash, createHmac } from 'node:crypto'
import { freshId } from './message.ts'

/**
 * The fixed, public credentials of Upstash's own development server: an SDK in `devMode` expects exactly these
 * (upstash.com/docs/qstash/howto/local-development). Worth nothing outside a developer's machine.
 */
export const DEVELOPMENT_CREDENTIALS = {
  token: 'eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=',
  currentSigningKey: 'sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r',
  nextSigningKey: 'sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs',
} as const

const LIFETIME_S = 300
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** HS256 over the claims that QStash documents; the key is the UTF-8 text of `sig_…`. The body hash keeps its padding. */
export const signDelivery = (input: {
  readonly key: string
  readonly url: string
  readonly body: Uint8Array
  readonly wallMs: number
}): string => {
  const iat = Math.floor(input.wallMs / 1000)
  const hash = createHash('sha256').update(input.body).digest('base64').replaceAll('+', '-').replaceAll('/', '_')
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({
    iss: 'Upstash',
    sub: input.url,
    exp: iat + LIFETIME_S,
    nbf: iat,
    iat,
    jti: freshId('jwt_'),
    body: hash,
  })}`
  return `${signed}.${createHmac('sha256', input.key).update(signed).digest('base64url')}`
}
