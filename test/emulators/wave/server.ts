import { createHmac } from 'node:crypto'
import type { Charge } from '../kit/charges.ts'
import { type Gateway, type GatewayOptions, type GatewayPersona, startGateway, USUAL } from '../kit/gateway.ts'
import { sessionOf } from './answers.ts'
import { routeCalls } from './api.ts'

/** Wave's own settings; those of every gateway are in `kit/gateway.ts`. README.md has a line for each. */
export interface WavePersona extends GatewayPersona {
  /** The session is turned away before it exists. */
  readonly refuse: { readonly status: number; readonly code: string } | null
  /**
   * How expiring a session is answered: as documented; with what leaves everything open, or with the same although it is done;
   * with 200 though the customer is just paying; with 409 though nobody has paid.
   */
  readonly expire: 'as documented' | 'unavailable' | 'done, and unavailable' | 'while being paid' | 'as if paid'
  /** Callbacks carry a MAC under an old secret beside the one in use. */
  readonly rotatedSecret: boolean
}

export const USUAL_WAVE: WavePersona = { ...USUAL, refuse: null, expire: 'as documented', rotatedSecret: false }

export interface WaveOptions extends GatewayOptions {
  /** `wave_…`: clients must send it. */
  readonly apiKey: string
  /** `wave_…_WHS_…` */
  readonly webhookSecret: string
}

export type Wave = Gateway<WavePersona>

const MINUTE_MS = 60_000
/** Wave tries for days, further and further apart; the first hours do here. */
const RETRY_MS = [1, 5, 15, 60].map((minutes) => minutes * MINUTE_MS)

/** A session that is paid is called back; one that expired is not. */
const callbackOf = (secret: string) => (charge: Charge<WavePersona>, persona: WavePersona) => {
  if (charge.state !== 'succeeded') return null
  const body = JSON.stringify({
    id: `EV_${charge.id}`,
    type: 'checkout.session.completed',
    data: sessionOf(charge, persona),
  })
  // Callers judge it by the wall clock.
  const t = Math.floor(Date.now() / 1000)
  const mac = (key: string) => `v1=${createHmac('sha256', key).update(`${t}${body}`).digest('hex')}`
  const key = persona.callbackAuthentication === 'forged' ? `${secret}x` : secret
  const signature = [`t=${t}`, ...(persona.rotatedSecret ? [mac('an old secret')] : []), mac(key)].join(',')
  const headers: Record<string, string> =
    persona.callbackAuthentication === 'unsigned' ? {} : { 'wave-signature': signature }
  return { headers, body }
}

/** Wave's Checkout API, on the loopback interface. The customer pays of their own accord. */
export const startWave = (options: WaveOptions): Promise<Wave> =>
  startGateway(
    {
      name: 'Wave simulator',
      portVariable: 'LANGO_WAVE_PORT',
      usual: USUAL_WAVE,
      retryMs: RETRY_MS,
      route: routeCalls(options.apiKey),
      callback: callbackOf(options.webhookSecret),
    },
    options,
  )
