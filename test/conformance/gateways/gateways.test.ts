/**
 * One suite for every gateway (docs/gateways.md): its spec, compiled and sealed, in the vault.wasm that is deployed, against
 * its simulator over HTTP. A case that a gateway cannot have is skipped for a reason in its description.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Bench, startBench } from './bench.ts'
import { CASES } from './cases/all.ts'
import { cinetpay } from './described/cinetpay.ts'
import { flutterwave } from './described/flutterwave.ts'
import { mtn } from './described/mtn.ts'
import { pawapay } from './described/pawapay.ts'
import { paystack } from './described/paystack.ts'
import { toypay } from './described/toypay.ts'
import { wave } from './described/wave.ts'
import type { GatewayDescription } from './description.ts'
import { createTable } from './table.ts'

const GATEWAYS: readonly GatewayDescription[] = [pawapay, mtn, wave, paystack, flutterwave, cinetpay, toypay]

const names = CASES.map(({ name }) => name)
const table = createTable(
  GATEWAYS.map(({ spec }) => spec.gateway),
  names,
)
afterAll(() => console.log(table.text()))

it('no case has the name of another, and skips name cases', () => {
  expect(new Set(names).size).toBe(names.length)
  for (const { skips } of GATEWAYS) for (const name of Object.keys(skips)) expect(names).toContain(name)
})

describe.each(GATEWAYS)('$spec.gateway', (gateway) => {
  const { skips, spec } = gateway
  let bench: Bench
  beforeAll(async () => {
    bench = await startBench(gateway)
  })
  afterEach(() => bench.reset())
  afterAll(() => bench.close())

  // Not '$name': of that a report has only the beginning.
  it.for(CASES.map((one) => [one.name, one] as const))('%s', { timeout: 60_000 }, async ([name, { run }], { skip }) => {
    const reason = skips[name]
    if (reason !== undefined) {
      table.set(spec.gateway, name, `skipped: ${reason}`)
      skip(reason)
    }
    table.set(spec.gateway, name, 'FAILED')
    await run(bench)
    table.set(spec.gateway, name, 'passed')
  })
})
