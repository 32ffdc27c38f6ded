import { WorkerEntrypoint } from 'cloudflare:workers'
import type {
  AttestedVerdict,
  CallbackAnswer,
  CancelOutcome,
  ConditionsOutcome,
  DepositOrder,
  GatewayName,
  OtpOrder,
  OtpOutcome,
  PhoneHashes,
  PredictOutcome,
  RawCallback,
  Seal,
  SendAnswer,
  StatusOutcome,
  StatusQuery,
  VaultForConsumer,
  VaultForEdge,
  VaultHealth,
  Verdict,
} from '../contracts/vault.ts'
import type { Msisdn, PaymentId } from '../domain/ids.ts'
import { openVault } from './open-vault.ts'

/** Bound to this Worker alone. */
export { DayCounter } from './day-counter.ts'

/** What the payment objects and the consumer may ask: send, look, call off, hand a code on, check, seal, and hash a number to look for it. */
export class ForConsumer extends WorkerEntrypoint implements VaultForConsumer {
  async send(order: DepositOrder): Promise<SendAnswer> {
    return (await openVault(this.env)).send(order, (work) => this.ctx.waitUntil(work))
  }

  async status(query: StatusQuery): Promise<StatusOutcome> {
    return (await openVault(this.env)).status(query, (work) => this.ctx.waitUntil(work))
  }

  async cancel(query: StatusQuery): Promise<CancelOutcome> {
    return (await openVault(this.env)).cancel(query, (work) => this.ctx.waitUntil(work))
  }

  async submitOtp(order: OtpOrder): Promise<OtpOutcome> {
    return (await openVault(this.env)).submitOtp(order, (work) => this.ctx.waitUntil(work))
  }

  async checkAttestation(attested: AttestedVerdict): Promise<Verdict | null> {
    return (await openVault(this.env)).checkAttestation(attested)
  }

  async sealSnapshot(paymentId: PaymentId, text: string): Promise<Seal> {
    return (await openVault(this.env)).sealSnapshot(paymentId, text)
  }

  async conditions(gateway: GatewayName, country: string): Promise<ConditionsOutcome> {
    return (await openVault(this.env)).conditions(country, gateway)
  }

  async phoneHashes(phoneNumber: Msisdn): Promise<PhoneHashes> {
    return (await openVault(this.env)).phoneHashes(phoneNumber)
  }
}

/** What the edge may ask: to verify, and two questions of a gateway that move no money. It can neither send nor seal. */
export class ForEdge extends WorkerEntrypoint implements VaultForEdge {
  async verifyCallback(callback: RawCallback): Promise<CallbackAnswer> {
    return (await openVault(this.env)).verifyCallback(callback, (work) => this.ctx.waitUntil(work))
  }

  async checkSnapshot(paymentId: PaymentId, text: string, seal: Seal): Promise<boolean> {
    return (await openVault(this.env)).checkSnapshot(paymentId, text, seal)
  }

  async predictProvider(phoneNumber: string): Promise<PredictOutcome> {
    return (await openVault(this.env)).predictProvider(phoneNumber)
  }

  async conditions(country: string): Promise<ConditionsOutcome> {
    return (await openVault(this.env)).conditions(country)
  }

  async health(): Promise<VaultHealth> {
    return (await openVault(this.env)).health()
  }
}

/** There is no public route; should one be made by mistake, it leads nowhere. */
export default {
  fetch: (): Response => new Response(null, { status: 404 }),
}
