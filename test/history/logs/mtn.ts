import type { RecordedRequest } from '../../emulators/kit/request-log.ts'
import type { Mtn } from '../../emulators/mtn/server.ts'
import { type GatewayLog, parse } from '../gateway-log.ts'
import type { Said } from '../history.ts'
import { minorUnits } from '../minor-units.ts'
import { kitLog } from './kit.ts'

const REQUESTS = '/collection/v1_0/requesttopay'

const wordOf = (status: unknown): Said['word'] | null => {
  if (status === 'SUCCESSFUL') return 'succeeded'
  return status === 'FAILED' ? 'failed' : null
}

const isOrder = ({ method, path }: RecordedRequest): boolean => method === 'POST' && path === REQUESTS

const referenceOf = ({ rawHeaders }: RecordedRequest): string =>
  rawHeaders.find(([name]) => name.toLowerCase() === 'x-reference-id')?.[1] ?? ''

/** Turned away before there was a request to pay. A word that is not documented refuses nothing. */
const REFUSED: readonly unknown[] = [
  'BAD_REQUEST',
  'REQUEST_REJECTED',
  'INVALID_CURRENCY',
  'INVALID_CALLBACK_URL_HOST',
  'NOT_ALLOWED',
  'NOT_ALLOWED_TARGET_ENVIRONMENT',
  'PAYER_NOT_FOUND',
]

export const mtnLog = (mtn: Mtn): GatewayLog =>
  kitLog(mtn, {
    gateway: 'mtn',
    order: (request) => {
      const body = isOrder(request) ? parse(request.body) : null
      if (!body) return null
      const currency = String(body['currency'])
      return { reference: referenceOf(request), amountMinor: minorUnits(String(body['amount']), currency), currency }
    },
    answered: (request) => {
      const { method, path, status, answer } = request
      const said = parse(answer)
      if (isOrder(request)) {
        const isRefused = status === 401 || (status === 400 && REFUSED.includes(said?.['code']))
        return isRefused ? { reference: referenceOf(request), word: 'rejected' } : null
      }
      if (method !== 'GET' || !path.startsWith(`${REQUESTS}/`)) return null
      const reference = path.slice(REQUESTS.length + 1)
      if (status === 404 && said?.['code'] === 'RESOURCE_NOT_FOUND') return { reference, word: 'not_found' }
      const word = status === 200 ? wordOf(said?.['status']) : null
      return word ? { reference, word } : null
    },
    calledBack: ({ body }) => wordOf(parse(body)?.['status']),
  })
