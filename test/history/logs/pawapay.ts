import type { Stack } from '../../../scripts/stack/stack.ts'
import { type GatewayLog, type Json, parse } from '../gateway-log.ts'
import type { Capture, Said, Send } from '../history.ts'
import { minorUnits } from '../minor-units.ts'

type Pawapay = Stack['pawapay']

const GATEWAY = 'pawapay'

const wordOf = (status: unknown): Said['word'] | null => {
  if (status === 'COMPLETED') return 'succeeded'
  if (status === 'FAILED') return 'failed'
  return status === 'NOT_FOUND' || status === 'REJECTED' ? (status === 'REJECTED' ? 'rejected' : 'not_found') : null
}

const sendsOf = (pawapay: Pawapay): Send[] =>
  pawapay.requests().flatMap(({ method, path, body, atMs }) => {
    const order = method === 'POST' && path === '/v2/deposits' ? parse(body) : null
    if (!order) return []
    const currency = String(order['currency'])
    const amountMinor = minorUnits(String(order['amount']), currency)
    return { at: atMs, gateway: GATEWAY, reference: String(order['depositId']), amountMinor, currency }
  })

const capturesOf = (pawapay: Pawapay): Capture[] =>
  pawapay.captures().map(({ takenAtMs, reference, amount, currency }) => ({
    at: takenAtMs,
    gateway: GATEWAY,
    reference,
    amountMinor: minorUnits(amount, currency),
    currency,
  }))

/** In answers to initiations and status queries, and in callbacks of its own. */
const saidOf = (pawapay: Pawapay): Said[] => {
  const said: Said[] = []
  for (const { method, path, body, answer, answeredAtMs } of pawapay.requests()) {
    const answered = parse(answer)
    if (!answered || answeredAtMs === undefined) continue
    const isQuery = method === 'GET' && path.startsWith('/v2/deposits/')
    const isOrder = method === 'POST' && path === '/v2/deposits'
    if (!isQuery && !isOrder) continue
    const found = isQuery && answered['status'] === 'FOUND' ? (answered['data'] as Json) : answered
    const word = wordOf(found['status'])
    const reference = isQuery ? path.slice('/v2/deposits/'.length) : String(parse(body)?.['depositId'])
    if (word) said.push({ at: answeredAtMs, reference, word })
  }
  for (const { body, sentAtMs, reference, signed } of pawapay.callbacks()) {
    const word = signed ? wordOf(parse(body)?.['status']) : null
    if (word) said.push({ at: sentAtMs, reference, word })
  }
  return said
}

export const pawapayLog = (pawapay: Pawapay): GatewayLog => ({
  sends: () => sendsOf(pawapay),
  captures: () => capturesOf(pawapay),
  said: () => saidOf(pawapay),
})
