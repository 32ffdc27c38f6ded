import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import module from '../../.lango/bench/core/primitives.wasm'
import { toBase64Url as base64url, fromBase64Url } from '../../src/domain/encoding.ts'

/** Does one operation as often as it is asked to. The clock of a Worker stands still meanwhile: the caller counts. */
interface Asked {
  readonly contender: 'ours' | 'bare' | 'webcrypto' | 'noble' | 'nobody'
  readonly operation: keyof typeof IN_WASM | 'nothing'
  readonly times: number
  /** In base64. */
  readonly message: string
}

/** The operations of rust-core/bench: ours and the bare crate's. */
const IN_WASM = {
  'P-256 sign': [0, 1],
  'P-256 verify': [2, 3],
  'Ed25519 sign': [4, 5],
  'Ed25519 verify': [6, 7],
  'HMAC-SHA256': [8, 9],
  unseal: [10, 10],
} as const

interface Primitives {
  readonly memory: WebAssembly.Memory
  input(): number
  run(operation: number, length: number, times: number): number
}

const SECRET = new Uint8Array(32).fill(7)
const ECDSA = { name: 'ECDSA', hash: 'SHA-256' }

type Once = (message: Uint8Array) => boolean | Promise<boolean>

const noble = (operation: Asked['operation'], message: Uint8Array): Once => {
  const publicKey = { p256: p256.getPublicKey(SECRET), ed25519: ed25519.getPublicKey(SECRET) }
  const signature = { p256: p256.sign(message, SECRET), ed25519: ed25519.sign(message, SECRET) }
  switch (operation) {
    case 'P-256 sign':
      return (text) => p256.sign(text, SECRET).length > 0
    case 'P-256 verify':
      return (text) => p256.verify(signature.p256, text, publicKey.p256)
    case 'Ed25519 sign':
      return (text) => ed25519.sign(text, SECRET).length > 0
    case 'Ed25519 verify':
      return (text) => ed25519.verify(signature.ed25519, text, publicKey.ed25519)
    case 'HMAC-SHA256':
      return (text) => hmac(sha256, SECRET, text).length > 0
    default:
      throw new TypeError(`@noble has no ${operation}`)
  }
}

const webcrypto = async (operation: Asked['operation'], message: Uint8Array): Promise<Once> => {
  const { subtle } = crypto
  const point = p256.getPublicKey(SECRET, false)
  const x = base64url(point.subarray(1, 33))
  const publicEc = { kty: 'EC', crv: 'P-256', x, y: base64url(point.subarray(33)) }
  const publicOkp = { kty: 'OKP', crv: 'Ed25519', x: base64url(ed25519.getPublicKey(SECRET)) }
  const d = base64url(SECRET)
  const key = (jwk: object, algorithm: object, use: 'sign' | 'verify') =>
    subtle.importKey('jwk', jwk as JsonWebKey, algorithm as SubtleCryptoImportKeyAlgorithm, false, [use])
  const ec = { name: 'ECDSA', namedCurve: 'P-256' }
  const okp = { name: 'Ed25519' }
  switch (operation) {
    case 'P-256 sign': {
      const own = await key({ ...publicEc, d }, ec, 'sign')
      return async (text) => (await subtle.sign(ECDSA, own, text)).byteLength > 0
    }
    case 'P-256 verify': {
      const theirs = await key(publicEc, ec, 'verify')
      const signature = p256.sign(message, SECRET)
      return (text) => subtle.verify(ECDSA, theirs, signature, text)
    }
    case 'Ed25519 sign': {
      const own = await key({ ...publicOkp, d }, okp, 'sign')
      return async (text) => (await subtle.sign(okp, own, text)).byteLength > 0
    }
    case 'Ed25519 verify': {
      const theirs = await key(publicOkp, okp, 'verify')
      const signature = ed25519.sign(message, SECRET)
      return (text) => subtle.verify(okp, theirs, signature, text)
    }
    case 'HMAC-SHA256': {
      const own = await subtle.importKey('raw', SECRET, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      return async (text) => (await subtle.sign('HMAC', own, text)).byteLength > 0
    }
    default:
      throw new TypeError(`WebCrypto has no ${operation}`)
  }
}

let primitives: Primitives | undefined
const prepared = new Map<string, Once>()

const inWasm = (number: number, message: Uint8Array, times: number): number => {
  primitives ??= new WebAssembly.Instance(module, {}).exports as unknown as Primitives
  const { memory, input, run } = primitives
  // The first call makes the memory grow, and its old buffer is gone then.
  const at = input()
  new Uint8Array(memory.buffer).set(message, at)
  return run(number, message.length, times)
}

const repeat = async (asked: Asked, message: Uint8Array): Promise<number> => {
  const { contender, operation, times } = asked
  if (operation === 'nothing' || contender === 'nobody') return times
  const [ours, bare] = IN_WASM[operation]
  if (contender === 'ours') return inWasm(ours, message, times)
  if (contender === 'bare') return inWasm(bare, message, times)
  const name = `${contender} ${operation}`
  const once =
    prepared.get(name) ?? (contender === 'noble' ? noble(operation, message) : await webcrypto(operation, message))
  prepared.set(name, once)
  let done = 0
  for (let i = 0; i < times; i++) {
    const result = once(message)
    if (typeof result === 'boolean' ? result : await result) done++
  }
  return done
}

export default {
  async fetch(request: Request): Promise<Response> {
    const asked = (await request.json()) as Asked
    return Response.json(await repeat(asked, fromBase64Url(asked.message)))
  },
}
