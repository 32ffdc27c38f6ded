import type { Charge } from '../kit/charges.ts'
import { type Gateway, type GatewayOptions, type GatewayPersona, startGateway, USUAL } from '../kit/gateway.ts'
import { requestToPayOf } from './answers.ts'
import { routeCalls } from './api.ts'
import { createTokens } from './tokens.ts'

/** MTN's own settings; those of every gateway are in `kit/gateway.ts`. README.md has a line for each. */
export interface MtnPersona extends GatewayPersona {
  /** The request to pay is turned away before it exists. */
  readonly refuse: { readonly status: number; readonly code: string } | null
  /** `reason` as a word, or as an object with code and message: the documentation has both. */
  readonly reasonAs: 'word' | 'object'
}

export const USUAL_MTN: MtnPersona = { ...USUAL, refuse: null, reasonAs: 'word' }

export interface MtnOptions extends GatewayOptions {
  readonly apiUser: string
  readonly apiKey: string
  readonly subscriptionKey: string
  /** `sandbox` takes euros alone, `mtnzambia` kwacha, and so on. */
  readonly targetEnvironment: string
}

export interface Mtn extends Gateway<MtnPersona> {
  /** The tokens that were given out are worth nothing from now on. */
  expireTokens(): void
}

/** MTN MoMo's Collection API, on the loopback interface. */
export const startMtn = async (options: MtnOptions): Promise<Mtn> => {
  const tokens = createTokens()
  const gateway = await startGateway<MtnPersona>(
    {
      name: 'MTN simulator',
      portVariable: 'LANGO_MTN_PORT',
      usual: USUAL_MTN,
      // "The Wallet Platform will only send the callback once" (momodeveloper.mtn.com/api-documentation/callback).
      retryMs: [],
      route: routeCalls(options, tokens),
      callback: (charge: Charge<MtnPersona>, persona) => ({
        headers: {},
        body: JSON.stringify(requestToPayOf(charge, persona)),
      }),
    },
    options,
  )
  return { ...gateway, expireTokens: tokens.expire }
}
