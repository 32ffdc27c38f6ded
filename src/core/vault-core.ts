/**
 * The half of the core that holds keys, as a set of functions. Everything that decides lies in vault.wasm (rust-core); this
 * file moves bytes. It imports no package: it runs beside the secrets.
 */
import type { AttestedVerdict, RawCallback, Seal, Verdict } from '../contracts/vault.ts'
import type { Built, CoreCallbackAnswer, Deployment, Opened, PublicKey, VaultCore } from '../contracts/vault-core.ts'
import type { PaymentId } from '../domain/ids.ts'
import { ByteArray, decode, encode, includes, parse, setBytes, stringify, toWellFormed } from './intrinsics.ts'
import { CoreTrap, type Mailbox, openMailbox } from './vault-mailbox.ts'

export { CoreTrap } from './vault-mailbox.ts'

/** The deployment did not open, so nothing can be signed, verified or vouched for. `code` is E1xxx. */
export class CoreSealed extends Error {
  override readonly name = 'CoreSealed'
  readonly code: string

  constructor(code: string) {
    super(`the core is sealed: ${code}`)
    this.code = code
  }
}

const OPERATION = {
  open: 1,
  buildDeposit: 2,
  readDeposit: 3,
  buildDepositStatus: 4,
  readDepositStatus: 5,
  buildPublicKeys: 6,
  readPublicKeys: 7,
  buildPredictProvider: 8,
  readPredictProvider: 9,
  verifyCallback: 10,
  checkAttestation: 11,
  sealSnapshot: 12,
  checkSnapshot: 13,
  version: 14,
  buildActiveConf: 15,
  measure: 16,
  hashPhone: 17,
  buildToken: 18,
  readToken: 19,
  buildCancel: 20,
  readCancel: 21,
  buildOtp: 22,
  readOtp: 23,
} as const

type Operation = keyof typeof OPERATION

const wellFormed = (_: string, part: unknown): unknown => (typeof part === 'string' ? toWellFormed(part) : part)

/**
 * JSON for Rust, which refuses half a surrogate pair; what came from a network may hold one. JSON writes it as `\udxxx`, and writes
 * no whole character so: looking for that costs less than looking at every text.
 */
const jsonOf = (value: object): string => {
  const json = stringify(value)
  return includes(json, '\\ud') ? stringify(value, wellFormed) : json
}

type CallbackReply =
  | { readonly kind: 'verified'; readonly text: string; readonly mac: string; readonly kid: string }
  | Exclude<CoreCallbackAnswer, { kind: 'verified' }>

/**
 * A core over the compiled module. An instance opens at the first call that needs it, and again after a trap, since a trapped
 * instance is thrown away with its keys; `deployment` is handed over each time.
 *
 * Throws `CoreTrap` when the module traps, and `CoreSealed` when the deployment does not open; the build functions then answer
 * `{ok: false}` with the code.
 */
export const createVaultCore = (module: WebAssembly.Module, deployment: Deployment, nowMs: () => number): VaultCore => {
  let mailbox: Mailbox | undefined
  /** The instance that has hashed its module's bytes: they do not change while it lives, however often it is opened. */
  let measured: Mailbox | undefined

  const exchange = (operation: Operation, message: Uint8Array): Uint8Array | undefined => {
    mailbox ??= openMailbox(module)
    try {
      const answer = mailbox(OPERATION[operation], message)
      if (answer.kind === 'malformed') throw new TypeError(`vault.wasm does not understand this ${operation}`)
      return answer.kind === 'answered' ? answer.bytes : undefined
    } catch (error) {
      if (error instanceof CoreTrap) mailbox = undefined
      throw error
    }
  }

  const open = (): Opened => {
    const { manifest, sealed, trust, module: bytes, seen, keys } = deployment
    // The core hashes its own bytes; a hash from this side would be a word and no fact.
    if (mailbox === undefined || measured !== mailbox) {
      exchange('measure', bytes)
      measured = mailbox
    }
    const { versionTag, bindings, vars } = seen
    const json = encode(jsonOf({ versionTag, bindings, vars, nowMs: nowMs(), ...keys() }))
    return parse(decode(exchange('open', framed([json, manifest, sealed, trust]))))
  }

  const askBytes = <Reply>(operation: Operation, message: Uint8Array): Reply => {
    let answer = exchange(operation, message)
    if (answer === undefined) {
      const opened = open()
      if (!opened.ok) throw new CoreSealed(opened.code)
      answer = exchange(operation, message)
    }
    return parse(decode(answer))
  }

  const ask = <Reply>(operation: Operation, message: object): Reply => askBytes(operation, encode(jsonOf(message)))

  const build = (operation: Operation, message: object): Built => {
    try {
      return ask(operation, message)
    } catch (error) {
      if (error instanceof CoreSealed) return { ok: false, code: error.code }
      throw error
    }
  }

  return {
    open,

    buildDeposit: (order, nowMs, token) => build('buildDeposit', { order, nowMs, token }),
    readDeposit: (gateway, response, reference) => ask('readDeposit', { gateway, response, reference }),

    buildDepositStatus: (gateway, reference, token) => build('buildDepositStatus', { gateway, reference, token }),
    readDepositStatus: (gateway, response, currency, reference) =>
      ask('readDepositStatus', { gateway, response, currency, reference }),

    buildCancel: (gateway, reference, gatewayId, token) =>
      build('buildCancel', { gateway, reference, gatewayId, token }),
    readCancel: (gateway, response, currency, reference) =>
      ask('readCancel', { gateway, response, currency, reference }),

    buildOtp: (gateway, reference, otp, token) => build('buildOtp', { gateway, reference, otp, token }),
    readOtp: (gateway, response, reference) => ask('readOtp', { gateway, response, reference }),

    buildToken: (gateway) => build('buildToken', { gateway }),
    readToken: (gateway, response) => ask('readToken', { gateway, response }),

    buildPublicKeys: (gateway) => build('buildPublicKeys', { gateway }),
    readPublicKeys: (response) => ask('readPublicKeys', { response }),

    buildPredictProvider: (gateway, phoneNumber) => build('buildPredictProvider', { gateway, phoneNumber }),
    readPredictProvider: (gateway, response) => ask('readPredictProvider', { gateway, response }),

    buildActiveConf: (gateway, country) => build('buildActiveConf', { gateway, country }),

    verifyCallback: (callback, keys, nowMs) => {
      const reply = askBytes<CallbackReply>('verifyCallback', callbackMessage(callback, keys, nowMs))
      if (reply.kind !== 'verified') return reply
      const { text, mac, kid } = reply
      return { kind: 'verified', verdict: parse(text) as Verdict, attested: { v: 1, text, mac, kid } }
    },

    checkAttestation: ({ text, mac, kid }: AttestedVerdict) =>
      ask<boolean>('checkAttestation', { text, mac, kid }) ? (parse(text) as Verdict) : null,

    sealSnapshot: (paymentId: PaymentId, text: string): Seal => ask('sealSnapshot', { paymentId, text }),
    checkSnapshot: (paymentId: PaymentId, text: string, { mac, kid }: Seal): boolean =>
      ask('checkSnapshot', { paymentId, text, seal: { mac, kid } }),

    hashPhone: (phoneNumber) => ask('hashPhone', { phoneNumber }),

    version: () => ask('version', {}),
  }
}

/** Four bytes, the lowest first. */
const setLength = (message: Uint8Array, at: number, length: number): void => {
  for (let i = 0; i < 4; i++) message[at + i] = (length >>> (8 * i)) & 0xff
}

/** Each part after its length in four bytes. */
const framed = (parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0
  for (let i = 0; i < parts.length; i++) length += 4 + (parts[i] as Uint8Array).length
  const message = new ByteArray(length)
  let at = 0
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Uint8Array
    setLength(message, at, part.length)
    setBytes(message, part, at + 4)
    at += 4 + part.length
  }
  return message
}

/** Four bytes of length, the JSON, then the body as it arrived: a body is bytes, and stays so until it is verified. */
const callbackMessage = (callback: RawCallback, keys: readonly PublicKey[], nowMs: number): Uint8Array => {
  const { gateway, operation, method, url, headers, body } = callback
  const json = encode(jsonOf({ callback: { gateway, operation, method, url, headers }, keys, nowMs }))
  const message = new ByteArray(4 + json.length + body.length)
  setLength(message, 0, json.length)
  setBytes(message, json, 4)
  setBytes(message, body, 4 + json.length)
  return message
}
