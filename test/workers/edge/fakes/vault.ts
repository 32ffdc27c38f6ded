import { WorkerEntrypoint } from 'cloudflare:workers'
import type { CallbackAnswer, RawCallback, Seal, VaultForEdge, Verdict } from '../../../../src/contracts/vault.ts'
import type { GatewayReference, Msisdn, PaymentId } from '../../../../src/domain/ids.ts'

/** Plays the vault. A callback's body says what is to be concluded from it. */
export class ForEdge extends WorkerEntrypoint implements VaultForEdge {
  async verifyCallback(callback: RawCallback): Promise<CallbackAnswer> {
    const say = JSON.parse(new TextDecoder().decode(callback.body)) as {
      kind: CallbackAnswer['kind']
      paymentId?: PaymentId
      unknownKey?: true
    }
    if (say.kind !== 'verified')
      return { kind: say.kind, reason: 'as the test said', ...(say.unknownKey ? { unknownKey: true } : {}) }
    const verdict: Verdict = {
      v: 1,
      gateway: 'pawapay',
      operation: 'deposit',
      authentic: 'signed',
      reference: '00000000-0000-4000-8000-000000000001' as GatewayReference,
      paymentId: say.paymentId ?? null,
      attempt: say.paymentId ? 1 : null,
      outcome: 'succeeded',
      failureCode: null,
      amountMinor: '1050',
      currency: 'ZMW',
      providerTransactionId: null,
      bodySha256: 'ab'.repeat(32),
      receivedAtMs: 0,
    }
    return {
      kind: 'verified',
      verdict,
      attested: { v: 1, text: JSON.stringify(verdict), mac: 'cd'.repeat(32), kid: '1' },
    }
  }

  async checkSnapshot(paymentId: PaymentId, _text: string, seal: Seal) {
    return seal.mac === `good:${paymentId}`
  }

  async predictProvider(phoneNumber: string) {
    return phoneNumber.startsWith('260')
      ? ({ kind: 'found', provider: 'ZAMTEL_ZMB', country: 'ZMB', phoneNumber: phoneNumber as Msisdn } as const)
      : ({ kind: 'unknown', reason: 'as the test said' } as const)
  }

  async conditions(country: string) {
    return {
      kind: 'found',
      conditions: [
        {
          provider: `ZAMTEL_${country}`,
          currency: 'ZMW',
          state: 'closed',
          minAmount: '1',
          maxAmount: '20000',
          shownAs: 'pawaPay',
          instructions: null,
        },
      ],
    } as const
  }

  async health() {
    return { sealed: 'ok', core: { version: '0.0.0', buildId: 'fake' }, callbackMode: 'signed' } as const
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
