/** What we mean is what is taken, and what we are told was taken. */
import { expect } from 'vitest'
import { decimalsOf } from '../../../emulators/kit/amounts.ts'
import { seeded } from '../../../emulators/kit/random.ts'
import type { Bench } from '../bench.ts'
import type { Case } from '../case.ts'
import { SETTLED_MS } from './outcomes.ts'

interface Coin {
  readonly provider: string
  readonly currency: string
  readonly minMinor: bigint
  readonly maxMinor: bigint
  /** Minor units of the smallest amount that the provider can express. */
  readonly step: bigint
  /** Of which the account takes multiples. */
  readonly multiple: bigint
}

const coinsOf = ({ gateway }: Bench): readonly Coin[] =>
  Object.entries(gateway.spec.providers).flatMap(([provider, { currencies }]) =>
    Object.entries(currencies).flatMap(([currency, { decimals }]) => {
      const limits = gateway.limitsOf(provider, currency)
      const step = 10n ** BigInt(Math.max(0, decimalsOf(currency) - decimals))
      return limits ? [{ provider, currency, step, multiple: limits.multipleOfMinor ?? step, ...limits }] : []
    }),
  )

const SAMPLES = 12

/** The ends, numbers with zeros at their end, and others by chance: all that is taken there. */
const amountsOf = ({ minMinor, maxMinor, multiple }: Coin): readonly bigint[] => {
  const least = ((minMinor + multiple - 1n) / multiple) * multiple
  const most = (maxMinor / multiple) * multiple
  const random = seeded(7)
  const among = () => least + BigInt(Math.floor(random() * Number((most - least) / multiple))) * multiple
  const round = [1_000n, 10_000n, 120_000n].filter((amount) => amount >= least && amount <= most)
  return [least, most, ...round, ...Array.from({ length: SAMPLES }, among)]
}

const roundTrip = async (bench: Bench, coin: Coin, amount: bigint): Promise<void> => {
  const { simulator, gateway } = bench
  const { provider, currency } = coin
  const order = bench.order({ ...gateway.orderFor(provider), provider, currency, amountMinor: amount.toString() })
  const sent = { provider, currency, amountMinor: order.amountMinor }
  expect({ ...sent, ...(await bench.send(order)) }).toMatchObject({ ...sent, kind: 'accepted' })
  await simulator.advance(SETTLED_MS)
  const status = await bench.status(order)
  expect({ ...sent, status }).toMatchObject({
    ...sent,
    status: { kind: 'found', currency, amountMinor: order.amountMinor },
  })
  // Who has to visit a page first has not paid yet.
  if (status.kind === 'found' && status.outcome === 'pending' && gateway.spec.providers[provider]?.auth === 'redirect')
    return
  const taken = simulator.captures().at(-1)
  expect({ ...sent, taken }).toMatchObject({ ...sent, taken: { currency, amountMinor: order.amountMinor } })
}

const everyCurrency: Case = {
  name: 'money survives the way there and back',
  run: async (bench) => {
    const seen = new Set<string>()
    const coins = coinsOf(bench)
    expect(coins.length).toBeGreaterThan(0)
    for (const coin of coins) {
      const [first = 0n, ...more] = amountsOf(coin)
      await roundTrip(bench, coin, first)
      // The other amounts once for each way of writing one.
      const kind = `${coin.currency} ${coin.step}`
      if (seen.has(kind)) continue
      seen.add(kind)
      for (const amount of more) await roundTrip(bench, coin, amount)
    }
  },
}

const tooFine: Case = {
  name: 'an amount that the provider cannot express is not sent',
  run: async (bench) => {
    const coarse = coinsOf(bench).filter(({ step }) => step > 1n)
    expect(coarse.length).toBeGreaterThan(0)
    for (const { provider, currency, step, minMinor } of coarse) {
      const amountMinor = ((minMinor / step + 1n) * step + 1n).toString()
      const order = bench.order({ ...bench.gateway.orderFor(provider), provider, currency, amountMinor })
      const { kind } = await bench.send(order)
      expect([provider, amountMinor, kind, bench.creates()]).toEqual([provider, amountMinor, 'not_sent', 0])
    }
  },
}

const noMultiple: Case = {
  name: 'an amount that is no multiple of what the provider takes is not sent',
  run: async (bench) => {
    const { orderFor, spec } = bench.gateway
    let asked = 0
    for (const { provider, currency, step, minMinor } of coinsOf(bench)) {
      const multiple = BigInt(spec.providers[provider]?.currencies[currency]?.multipleOfMinor ?? 1)
      if (multiple <= step) continue
      asked++
      const amountMinor = ((minMinor / multiple + 1n) * multiple + step).toString()
      const order = bench.order({ ...orderFor(provider), provider, currency, amountMinor })
      const sent = [provider, amountMinor, await bench.send(order), bench.creates()]
      expect(sent).toMatchObject([provider, amountMinor, { kind: 'rejected', code: 'policy_amount_limit' }, 0])
    }
    expect(asked).toBeGreaterThan(0)
  },
}

export const MONEY: readonly Case[] = [everyCurrency, tooFine, noMultiple]
