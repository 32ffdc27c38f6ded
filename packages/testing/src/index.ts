import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Stack, startStack } from '../../../scripts/stack/stack.ts'
import type { StartLango } from './lango.ts'

const ANY_PORT = { edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 }

const latestReference = async (stack: Stack, paymentId: string): Promise<string> => {
  const response = await fetch(`${stack.edgeUrl}/v1/payments/${encodeURIComponent(paymentId)}`, {
    headers: { authorization: `Bearer ${stack.secretKey}` },
  })
  const { attempts } = (await response.json()) as { readonly attempts?: readonly { readonly reference: string }[] }
  const reference = attempts?.at(-1)?.reference
  if (!reference) throw new Error(`there is no payment ${paymentId}`)
  return reference
}

/** The alarms of all payments that are due at `atMs`: what each would ask its gateway by itself. */
const runAlarms = async (stack: Stack, atMs: number): Promise<void> => {
  const { results } = await stack.database.prepare('SELECT payment_id AS id FROM payments').all<{ id: string }>()
  for (const { id } of results) await (await stack.payment(id)).runDueAlarms(atMs)
}

/** The development stack in a directory of its own, which goes when it is closed. */
export const startLango: StartLango = async (options = {}) => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-testing-'))
  const clean = () => rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 })
  let stack: Stack
  try {
    stack = await startStack({
      ports: { ...ANY_PORT, ...(options.ports === 0 ? {} : options.ports) },
      stateDir,
      redis: 'embedded',
      gatewayClock: options.clock ?? 'running',
      ...(options.onLog ? { onLog: options.onLog } : {}),
    })
  } catch (error) {
    clean()
    throw error
  }
  if (options.persona) stack.pawapay.persona(options.persona)

  let aheadMs = 0
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= stack.close().finally(clean)
    return closing
  }
  return {
    url: stack.edgeUrl,
    apiKey: stack.secretKey,
    persona: (command) => void stack.pawapay.persona(command),
    advance: async (ms) => {
      aheadMs += ms
      await stack.pawapay.advance(ms)
      await stack.qstash.idle()
      await stack.qstash.advance(ms)
      await runAlarms(stack, Date.now() + aheadMs)
      await stack.qstash.idle()
      // Last: what was remembered of the payments before is forgotten as it would be by then.
      await stack.redis.control.advance?.(ms)
    },
    settle: async (paymentId, outcome, failureCode) => {
      const depositId = await latestReference(stack, paymentId)
      const response = await fetch(`${stack.pawapay.url}/_sim/settle`, {
        method: 'POST',
        body: JSON.stringify({ depositId, outcome, ...(failureCode === undefined ? {} : { failureCode }) }),
      })
      if (!response.ok) throw new Error(`the simulator would not settle it: ${await response.text()}`)
    },
    captures: () =>
      stack.pawapay.captures().map(({ reference, amount, currency, msisdn, provider }) => ({
        reference,
        amount,
        currency,
        msisdn,
        provider,
      })),
    close,
    [Symbol.asyncDispose]: close,
  }
}
