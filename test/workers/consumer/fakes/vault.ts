import { WorkerEntrypoint } from 'cloudflare:workers'
import type {
  AttestedVerdict,
  CancelOutcome,
  ConditionsOutcome,
  DepositOrder,
  OtpOrder,
  OtpOutcome,
  PhoneHashes,
  Seal,
  SendAnswer,
  SendOutcome,
  StatusOutcome,
  VaultForConsumer,
  Verdict,
} from '../../../../src/contracts/vault.ts'
import type { Msisdn, PaymentId } from '../../../../src/domain/ids.ts'

/** What the vault is to do for one payment, and what it was asked. */
export interface Script {
  readonly send?: SendOutcome | 'throw'
  /** By gateway, before `send`. */
  readonly sends?: Readonly<Record<string, SendOutcome>>
  readonly sendDelayMs?: number
  /** As a vault of before there were any. */
  readonly noPhoneHash?: boolean
  readonly status?: StatusOutcome | 'throw'
  readonly statusDelayMs?: number
  readonly cancel?: CancelOutcome | 'throw'
  readonly cancelDelayMs?: number
  /** By code; any other is unknown. */
  readonly otps?: Readonly<Record<string, OtpOutcome | 'throw'>>
  readonly otpDelayMs?: number
}
export interface Calls {
  readonly sends: readonly (DepositOrder & { readonly phoneNumber: string })[]
  readonly statuses: readonly string[]
  /** The gateways that were asked, in the same order. */
  readonly asked: readonly string[]
  /** References that were to be called off. */
  readonly cancels: readonly string[]
  /** Codes that were handed on. */
  readonly otps: readonly OtpOrder[]
  readonly seals: number
}

const scripts = new Map<string, Script>()
const sends: DepositOrder[] = []
const questions: { readonly reference: string; readonly gateway: string }[] = []
const cancels: string[] = []
const otps: OtpOrder[] = []
const sealed: string[] = []
/** Which payment a reference belongs to: the real core decodes it, the fake has seen it sent or been told. */
const owners = new Map<string, string>()
let closed = false

/** Not keyed: nothing here is anybody's number. */
const hashOf = async (text: string): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return `00000000.${Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

const GOOD_MAC = 'a7'.repeat(32)

export class ForConsumer extends WorkerEntrypoint implements VaultForConsumer {
  async send(order: DepositOrder): Promise<SendAnswer> {
    sends.push(order)
    owners.set(order.reference, order.paymentId)
    const { sends: byGateway, sendDelayMs = 0, noPhoneHash, ...script } = scripts.get(order.paymentId) ?? {}
    const send = byGateway?.[order.gateway] ?? script.send ?? { kind: 'accepted' }
    if (sendDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, sendDelayMs))
    if (send === 'throw') throw new Error('the vault broke while sending to 260763456789')
    // Of what was not sent the vault says none.
    return noPhoneHash || send.kind === 'not_sent' ? send : { ...send, phoneHash: await hashOf(order.phoneNumber) }
  }

  async phoneHashes(phoneNumber: Msisdn): Promise<PhoneHashes> {
    if (closed) throw new Error('the core is closed: E1001')
    return { current: await hashOf(phoneNumber), erased: await hashOf(`erased ${phoneNumber}`) }
  }

  async status({ reference, gateway }: Parameters<VaultForConsumer['status']>[0]): Promise<StatusOutcome> {
    questions.push({ reference, gateway })
    const script = scripts.get(owners.get(reference) ?? '') ?? {}
    const { status = { kind: 'unknown', reason: 'as the test said' }, statusDelayMs = 0 } = script
    if (statusDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, statusDelayMs))
    if (status === 'throw') throw new Error('the vault broke while asking')
    return status
  }

  async cancel({ reference }: Parameters<VaultForConsumer['cancel']>[0]): Promise<CancelOutcome> {
    cancels.push(reference)
    const script = scripts.get(owners.get(reference) ?? '') ?? {}
    const { cancel = { kind: 'unknown', reason: 'as the test said' }, cancelDelayMs = 0 } = script
    if (cancelDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, cancelDelayMs))
    if (cancel === 'throw') throw new Error('the vault broke while calling off')
    return cancel
  }

  async submitOtp(order: OtpOrder): Promise<OtpOutcome> {
    otps.push(order)
    const { otps: byCode, otpDelayMs = 0 } = scripts.get(owners.get(order.reference) ?? '') ?? {}
    const outcome = byCode?.[order.otp] ?? { kind: 'unknown', reason: 'as the test said' }
    if (otpDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, otpDelayMs))
    if (outcome === 'throw') throw new Error('the vault broke while handing a code on')
    return outcome
  }

  async conditions(): Promise<ConditionsOutcome> {
    return { kind: 'unknown', reason: 'as the test said' }
  }

  async checkAttestation(attested: AttestedVerdict): Promise<Verdict | null> {
    if (closed) throw new Error('the core is closed: E1001')
    return attested.mac === GOOD_MAC ? (JSON.parse(attested.text) as Verdict) : null
  }

  async sealSnapshot(paymentId: PaymentId, text: string): Promise<Seal> {
    if (closed) throw new Error('the core is closed: E1001')
    sealed.push(paymentId)
    return { mac: `${paymentId}:${text.length}`, kid: '1' }
  }
}

/** For the tests alone. */
export class Control extends WorkerEntrypoint {
  async play(paymentId: string, script: Script): Promise<void> {
    scripts.set(paymentId, script)
  }
  async close(value: boolean): Promise<void> {
    closed = value
  }
  async calls(paymentId: string): Promise<Calls> {
    const own = questions.filter(({ reference }) => owners.get(reference) === paymentId)
    return {
      sends: sends.filter((order) => order.paymentId === paymentId),
      statuses: own.map(({ reference }) => reference),
      asked: own.map(({ gateway }) => gateway),
      cancels: cancels.filter((reference) => owners.get(reference) === paymentId),
      otps: otps.filter(({ reference }) => owners.get(reference) === paymentId),
      seals: sealed.filter((id) => id === paymentId).length,
    }
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
