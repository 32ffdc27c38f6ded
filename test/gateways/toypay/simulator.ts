import { createHmac } from 'node:crypto'
import type { Charge } from '../../emulators/kit/charges.ts'
import {
  type Gateway,
  type GatewayOptions,
  type GatewayPersona,
  startGateway,
  USUAL,
} from '../../emulators/kit/gateway.ts'
import { json } from '../../emulators/kit/server.ts'

export interface ToypayPersona extends GatewayPersona {
  /** The charge is turned away with this code before it exists. */
  readonly refuse: string | null
}

const WORD = { pending: 'queued', succeeded: 'paid', failed: 'void' } as const

const stateOf = ({ id, request, state }: Charge<ToypayPersona>, { statusWord }: ToypayPersona) => ({
  ref: request.reference,
  state: statusWord ?? WORD[state],
  sum: Number(request.amountMinor),
  cur: request.currency,
  tx: `T-${id}`,
})

/** Toypay's server: what its `gateway.json` says, seen from the other side. */
export const startToypay = (
  options: GatewayOptions & { readonly user: string; readonly password: string; readonly webhookSecret: string },
): Promise<Gateway<ToypayPersona>> =>
  startGateway<ToypayPersona>(
    {
      name: 'Toypay',
      portVariable: 'LANGO_TOYPAY_PORT',
      usual: { ...USUAL, refuse: null },
      retryMs: [60_000, 60_000],
      route: ({ charges, clock }, arrived) => {
        const basic = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`
        if (arrived.headers['authorization'] !== basic)
          return { kind: 'other', answer: () => json(401, { error: { code: 'WHO_ARE_YOU' } }) }
        if (arrived.method === 'POST' && arrived.path === '/charges') {
          const { ref, sum, cur, wallet } = JSON.parse(arrived.body.toString('utf8'))
          const msisdn = String(wallet.msisdn).slice(1)
          return {
            kind: 'create',
            msisdn,
            answer: ({ refuse }, sticky) => {
              if (refuse) return json(422, { error: { code: refuse } })
              if (charges.find(ref)) return json(409, { error: { code: 'REF_TAKEN' } })
              const request = {
                reference: ref,
                amountMinor: String(sum),
                currency: cur,
                msisdn,
                provider: wallet.network,
              }
              charges.take(request, sticky)
              return json(202, { ref, state: 'queued' })
            },
          }
        }
        const charge = charges.find(arrived.path.slice('/charges/'.length))
        return {
          kind: 'status',
          charge,
          answer: (persona) =>
            charge && clock.nowMs() - charge.createdMs >= persona.statusNotFoundForMs
              ? json(200, stateOf(charge, persona))
              : json(404, {}),
        }
      },
      callback: (charge, persona) => {
        const body = JSON.stringify(stateOf(charge, persona))
        const secret = persona.callbackAuthentication === 'forged' ? 'another secret' : options.webhookSecret
        const mac = createHmac('sha256', secret).update(body).digest('hex')
        return { body, headers: persona.callbackAuthentication === 'unsigned' ? {} : { 'toypay-mac': `sha256=${mac}` } }
      },
    },
    options,
  )
