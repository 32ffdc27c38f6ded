import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../stack/stack.ts'
import type { DepositTerms } from './account.ts'
import { outcomeOf, type SandboxNumber } from './numbers.ts'
import { amountOf } from './questions.ts'

interface View {
  readonly id?: string
  readonly status?: string
  readonly code?: string
  readonly detail?: string
  readonly paymentId?: string
  readonly attempts?: readonly { readonly failureCode?: string }[]
}

export interface Paid extends SandboxNumber {
  readonly seen: string
  readonly ms: number
}

const FINAL: readonly (string | undefined)[] = ['succeeded', 'failed', 'expired', 'review']
/** Lango asks after 10, 20 and 40 s: no callback reaches a machine at home. */
const PATIENCE_MS = 75_000

/** One payment through the whole of Lango, signed by its core, with the gateway that the stack is told of. */
export const payThrough = async (
  stack: Stack,
  number: SandboxNumber,
  terms: DepositTerms,
  patienceMs = PATIENCE_MS,
): Promise<Paid> => {
  const startedMs = Date.now()
  const call = async (path: string, init: RequestInit = {}): Promise<View> => {
    const response = await fetch(`${stack.edgeUrl}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${stack.secretKey}`, ...(init.headers as Record<string, string>) },
    })
    return (await response.json()) as View
  }
  const name = `CHECK-${number.provider}-${number.msisdn.slice(-3)}-${startedMs.toString(36)}`
  let view = await call('/v1/payments', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': name },
    body: JSON.stringify({
      sessionId: 'pawapay-check',
      invoice: name,
      amount: amountOf(terms),
      currency: terms.currency,
      phoneNumber: `+${number.msisdn}`,
      provider: number.provider,
    }),
  })
  const told = (seen: string): Paid => ({ ...number, seen, ms: Date.now() - startedMs })
  const id = view.id ?? view.paymentId
  if (!id) return told(`${view.code}: ${view.detail}`)
  while (!FINAL.includes(view.status) && Date.now() - startedMs < patienceMs) {
    await sleep(500)
    view = await call(`/v1/payments/${id}`)
  }
  return told(outcomeOf(view.status ?? '', view.attempts?.at(-1)?.failureCode))
}
