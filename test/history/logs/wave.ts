import type { RecordedRequest } from '../../emulators/kit/request-log.ts'
import type { Wave } from '../../emulators/wave/server.ts'
import { type GatewayLog, type Json, parse } from '../gateway-log.ts'
import type { Said } from '../history.ts'
import { minorUnits } from '../minor-units.ts'
import { kitLog } from './kit.ts'

const SESSIONS = '/v1/checkout/sessions'
const REFUSED: readonly unknown[] = [400, 401, 403, 422]

const isOrder = ({ method, path }: RecordedRequest): boolean => method === 'POST' && path === SESSIONS

/** An open session may be paid yet, whatever was tried before. */
const wordOf = (session: Json | null | undefined): Said['word'] | null => {
  if (session?.['payment_status'] === 'succeeded') return 'succeeded'
  return session?.['checkout_status'] === 'expired' && session['payment_status'] === 'cancelled' ? 'failed' : null
}

export const waveLog = (wave: Wave): GatewayLog => {
  /** A session that is called off is named by Wave's own id. */
  const referenceOf = (id: string): string =>
    wave.charges().find((charge) => `cos-${charge.id}` === id)?.request.reference ?? ''
  return kitLog(wave, {
    gateway: 'wave',
    order: (request) => {
      const body = isOrder(request) ? parse(request.body) : null
      if (!body) return null
      const currency = String(body['currency'])
      const amountMinor = minorUnits(String(body['amount']), currency)
      return { reference: String(body['client_reference']), amountMinor, currency }
    },
    answered: (request) => {
      const { method, path, target, status, answer } = request
      const said = parse(answer)
      if (isOrder(request)) {
        const isRefused = REFUSED.includes(status) && said?.['code'] !== undefined
        return isRefused ? { reference: String(parse(request.body)?.['client_reference']), word: 'rejected' } : null
      }
      const [, expired] = /^\/v1\/checkout\/sessions\/([^/]+)\/expire$/.exec(path) ?? []
      if (expired !== undefined) return status === 200 ? { reference: referenceOf(expired), word: 'cancelled' } : null
      if (method !== 'GET' || path !== `${SESSIONS}/search` || status !== 200) return null
      const reference = new URL(target, wave.url).searchParams.get('client_reference') ?? ''
      const found = said?.['result'] as readonly Json[] | undefined
      if (found?.length === 0) return { reference, word: 'not_found' }
      const word = wordOf(found?.[0])
      return word ? { reference, word } : null
    },
    calledBack: ({ body }) => wordOf(parse(body)?.['data'] as Json | undefined),
  })
}
