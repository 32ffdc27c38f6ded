import type { Charge } from '../kit/charges.ts'
import { type Gateway, type GatewayOptions, type GatewayPersona, startGateway, USUAL } from '../kit/gateway.ts'
import { routeCalls } from './api.ts'
import { notificationOf, tokenOf } from './notification.ts'

/** CinetPay's own settings; those of every gateway are in `kit/gateway.ts`. README.md has a line for each. */
export interface CinetPayPersona extends GatewayPersona {
  /** The payment is turned away before there is a page. */
  readonly refuse: { readonly code: string; readonly message: string } | null
}

export const USUAL_CINETPAY: CinetPayPersona = { ...USUAL, refuse: null }

export interface CinetPayOptions extends GatewayOptions {
  readonly apiKey: string
  readonly siteId: string
  /** What `x-token` is made with. */
  readonly secretKey: string
}

export type CinetPay = Gateway<CinetPayPersona>

const MINUTE_MS = 60_000
/** How often it tries again is not documented. */
const RETRY_MS = [1, 5, 15].map((minutes) => minutes * MINUTE_MS)

const callbackOf =
  ({ siteId, secretKey }: CinetPayOptions) =>
  (charge: Charge<CinetPayPersona>, persona: CinetPayPersona) => {
    const fields = notificationOf(charge, siteId, persona)
    const key = persona.callbackAuthentication === 'forged' ? `${secretKey}x` : secretKey
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' }
    if (persona.callbackAuthentication !== 'unsigned') headers['x-token'] = tokenOf(fields, key)
    return { headers, body: new URLSearchParams(fields).toString() }
  }

/** CinetPay's Checkout API v2, on the loopback interface. The customer pays of their own accord. */
export const startCinetPay = (options: CinetPayOptions): Promise<CinetPay> =>
  startGateway(
    {
      name: 'CinetPay simulator',
      portVariable: 'LANGO_CINETPAY_PORT',
      usual: USUAL_CINETPAY,
      retryMs: RETRY_MS,
      route: routeCalls(options),
      callback: callbackOf(options),
    },
    options,
  )
