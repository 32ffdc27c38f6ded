import { WorkerEntrypoint } from 'cloudflare:workers'
import type {
  AttestedVerdict,
  CallbackAnswer,
  ConditionsOutcome,
  DepositOrder,
  PhoneHashes,
  PredictOutcome,
  RawCallback,
  Seal,
  SendAnswer,
  StatusOutcome,
  VaultForConsumer,
  VaultForEdge,
  VaultHealth,
  Verdict,
} from '../contracts/vault.ts'
import type { Msisdn, PaymentId } from '../domain/ids.ts'
import { openVault } from './open-vault.ts'

/** What the payment objects and the consumer may ask: send, look, check, seal, and hash a number to look for it. */
export class ForConsumer extends WorkerEntrypoint implements VaultForConsumer {
  send(order: DepositOrder): Promise<SendAnswer> {
    return openVault(this.env).send(order)
  }

  status(query: Parameters<VaultForConsumer['status']>[0]): Promise<StatusOutcome> {
    return openVault(this.env).status(query)
  }

  checkAttestation(attested: AttestedVerdict): Promise<Verdict | null> {
    return openVault(this.env).checkAttestation(attested)
  }

  sealSnapshot(paymentId: PaymentId, text: string): Promise<Seal> {
    return openVault(this.env).sealSnapshot(paymentId, text)
  }

  phoneHashes(phoneNumber: Msisdn): Promise<PhoneHashes> {
    return openVault(this.env).phoneHashes(phoneNumber)
  }
}

/** What the edge may ask: to verify. It can neither send nor seal. */
export class ForEdge extends WorkerEntrypoint implements VaultForEdge {
  verifyCallback(callback: RawCallback): Promise<CallbackAnswer> {
    return openVault(this.env).verifyCallback(callback, (work) => this.ctx.waitUntil(work))
  }

  checkSnapshot(paymentId: PaymentId, text: string, seal: Seal): Promise<boolean> {
    return openVault(this.env).checkSnapshot(paymentId, text, seal)
  }

  predictProvider(phoneNumber: string): Promise<PredictOutcome> {
    return openVault(this.env).predictProvider(phoneNumber)
  }

  conditions(country: string): Promise<ConditionsOutcome> {
    return openVault(this.env).conditions(country)
  }

  health(): Promise<VaultHealth> {
    return openVault(this.env).health()
  }
}

/** There is no public route; should one be made by mistake, it leads nowhere. */
export default {
  fetch: (): Response => new Response(null, { status: 404 }),
}
