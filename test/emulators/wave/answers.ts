import type { Charge } from '../kit/charges.ts'
import { json, type Reply } from '../kit/server.ts'
import type { WavePersona } from './server.ts'

export const problem = (status: number, code: string, message: string): Reply => json(status, { code, message })

const CHECKOUT = { pending: 'open', succeeded: 'complete', failed: 'expired' } as const
const PAYMENT = { pending: 'processing', succeeded: 'succeeded', failed: 'cancelled' } as const

const instant = (ms: number): string => new Date(ms).toISOString()
const HALF_HOUR_MS = 30 * 60_000

export const idOf = ({ id }: Charge<WavePersona>): string => `cos-${id}`

/** A checkout session (docs.wave.com/checkout). All its amounts are francs, without decimals. */
export const sessionOf = (charge: Charge<WavePersona>, { statusWord }: WavePersona) => {
  const { request, state, reason, createdMs } = charge
  return {
    id: idOf(charge),
    amount: request.amountMinor,
    business_name: 'The shop',
    checkout_status: statusWord ?? CHECKOUT[state],
    client_reference: request.reference,
    currency: request.currency,
    error_url: 'https://pay.example.com/c/1',
    last_payment_error: reason === undefined ? null : { code: reason, message: 'It failed.' },
    payment_status: PAYMENT[state],
    restrict_payer_mobile: request.msisdn,
    success_url: 'https://pay.example.com/c/1',
    transaction_id: state === 'succeeded' ? `T_${charge.id}` : null,
    wave_launch_url: `https://pay.wave.com/c/${idOf(charge)}?a=${request.amountMinor}&c=XOF`,
    when_completed: state === 'pending' ? null : instant(createdMs + 1_000),
    when_created: instant(createdMs),
    when_expires: instant(createdMs + HALF_HOUR_MS),
  }
}
