import type { Charge } from '../kit/charges.ts'
import { type Gateway, type GatewayOptions, type GatewayPersona, startGateway, USUAL } from '../kit/gateway.ts'
import { transactionOf } from './answers.ts'
import { routeCalls } from './api.ts'

/** Flutterwave's own settings; those of every gateway are in `kit/gateway.ts`. README.md has a line for each. */
export interface FlutterwavePersona extends GatewayPersona {
  /** A second charge with a `tx_ref` that there is already: the documentation promises nothing. */
  readonly duplicateTxRef: 'charged_again' | 'refused'
  /** The charge is turned away before it exists. */
  readonly refuse: { readonly status: number; readonly message: string } | null
  /** `Transaction Failed` although it was set going (Flutterwave/Python-v2 #97). */
  readonly errorThoughCharged: boolean
}

export const USUAL_FLUTTERWAVE: FlutterwavePersona = {
  ...USUAL,
  duplicateTxRef: 'charged_again',
  refuse: null,
  errorThoughCharged: false,
}

export interface FlutterwaveOptions extends GatewayOptions {
  /** `FLWSECK…`: clients must send it. */
  readonly secretKey: string
  /** The shop's own word from the dashboard: every callback carries it as it is. */
  readonly secretHash: string
}

export type Flutterwave = Gateway<FlutterwavePersona>

/** Three more tries, half an hour apart (developer.flutterwave.com/docs/webhooks). */
const RETRY_MS = Array<number>(3).fill(30 * 60_000)

const callbackOf = (secretHash: string) => (charge: Charge<FlutterwavePersona>, persona: FlutterwavePersona) => {
  const { currency } = charge.request
  const body = JSON.stringify({
    event: 'charge.completed',
    data: transactionOf(charge, persona),
    'event.type': currency === 'KES' ? 'MPESA_TRANSACTION' : 'MOBILEMONEY_TRANSACTION',
  })
  const word = persona.callbackAuthentication === 'forged' ? `${secretHash}x` : secretHash
  const headers: Record<string, string> = persona.callbackAuthentication === 'unsigned' ? {} : { 'verif-hash': word }
  return { headers, body }
}

/** Flutterwave's v3 charges for mobile money, on the loopback interface. */
export const startFlutterwave = (options: FlutterwaveOptions): Promise<Flutterwave> =>
  startGateway(
    {
      name: 'Flutterwave simulator',
      portVariable: 'LANGO_FLUTTERWAVE_PORT',
      usual: USUAL_FLUTTERWAVE,
      retryMs: RETRY_MS,
      route: routeCalls(options.secretKey),
      callback: callbackOf(options.secretHash),
    },
    options,
  )
