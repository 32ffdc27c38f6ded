import type { Flutterwave } from '../../emulators/flutterwave/server.ts'
import type { RecordedRequest } from '../../emulators/kit/request-log.ts'
import { type GatewayLog, type Json, parse } from '../gateway-log.ts'
import type { Said } from '../history.ts'
import { minorUnits } from '../minor-units.ts'
import { kitLog } from './kit.ts'

const isOrder = ({ method, path }: RecordedRequest): boolean => method === 'POST' && path === '/v3/charges'

const wordOf = (transaction: unknown): Said['word'] | null => {
  const status = (transaction as Json | null | undefined)?.['status']
  if (status === 'successful') return 'succeeded'
  return status === 'failed' ? 'failed' : null
}

/** An error is no refusal: customers were debited after one (Flutterwave/Python-v2 #97). Only a wrong key certainly is. */
export const flutterwaveLog = (flutterwave: Flutterwave): GatewayLog =>
  kitLog(flutterwave, {
    gateway: 'flutterwave',
    order: (request) => {
      const body = isOrder(request) ? parse(request.body) : null
      if (!body) return null
      const currency = String(body['currency'])
      return { reference: String(body['tx_ref']), amountMinor: minorUnits(String(body['amount']), currency), currency }
    },
    answered: (request) => {
      const { path, target, status, answer, body } = request
      if (isOrder(request))
        return status === 401 ? { reference: String(parse(body)?.['tx_ref']), word: 'rejected' } : null
      if (path !== '/v3/transactions/verify_by_reference') return null
      const reference = new URL(target, flutterwave.url).searchParams.get('tx_ref') ?? ''
      const said = parse(answer)
      if (status === 400 && said?.['message'] === 'No transaction was found for this id')
        return { reference, word: 'not_found' }
      const word = status === 200 ? wordOf(said?.['data']) : null
      return word ? { reference, word } : null
    },
    calledBack: ({ body }) => wordOf(parse(body)?.['data']),
  })
