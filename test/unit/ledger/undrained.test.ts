import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LedgerTotal } from '../../../src/domain/ledger-batch.ts'
import { undrained } from '../../../src/flows/undrained.ts'

const total = (day: number, debit: bigint, credit: bigint): LedgerTotal => ({
  account: 'gateway:pawapay:clearing',
  mode: 'live',
  currency: 'ZMW',
  day,
  debitMinor: String(debit),
  creditMinor: String(credit),
})

const sum = (days: readonly LedgerTotal[], side: 'debitMinor' | 'creditMinor', beforeDay = Number.POSITIVE_INFINITY) =>
  days.reduce((all, each) => (each.day < beforeDay ? all + BigInt(each[side]) : all), 0n)

it('tells what is left of either side, and since when, whatever order the days come in', () => {
  const amount = fc.bigInt(0n, 30n)
  const days = fc.uniqueArray(fc.tuple(fc.nat(12), amount, amount), { selector: ([day]) => day, maxLength: 8 })
  fc.assert(
    fc.property(days, fc.nat(13), (list, beforeDay) => {
      const totals = list.map(([day, debit, credit]) => total(day, debit, credit))
      const left = {
        debit: sum(totals, 'debitMinor', beforeDay) - sum(totals, 'creditMinor'),
        credit: sum(totals, 'creditMinor', beforeDay) - sum(totals, 'debitMinor'),
      }
      const [found, ...more] = undrained(totals, beforeDay)
      expect(more).toEqual([])
      if (left.debit <= 0n && left.credit <= 0n) {
        expect(found).toBeUndefined()
        return
      }
      const [side, own, other] =
        left.debit > 0n
          ? (['debit', 'debitMinor', 'creditMinor'] as const)
          : (['credit', 'creditMinor', 'debitMinor'] as const)
      const since = totals
        .map(({ day }) => day)
        .sort((a, b) => a - b)
        .find((day) => sum(totals, own, day + 1) > sum(totals, other))
      expect(found).toMatchObject({ side, amountMinor: String(left[side]), sinceDay: since })
    }),
    { numRuns: 500 },
  )
})

it('keeps accounts, modes and currencies apart', () => {
  const owed = total(1, 10n, 0n)
  const others = [
    { ...owed, account: 'gateway:wave:clearing' },
    { ...owed, mode: 'test' },
    { ...owed, currency: 'XOF' },
  ]
  const paid = total(1, 0n, 30n)
  expect(undrained([owed, ...others, paid], 5)).toMatchObject([
    { account: 'gateway:pawapay:clearing', mode: 'live', currency: 'ZMW', side: 'credit', amountMinor: '20' },
    { account: 'gateway:wave:clearing', side: 'debit', amountMinor: '10' },
    { mode: 'test', side: 'debit', amountMinor: '10' },
    { currency: 'XOF', side: 'debit', amountMinor: '10' },
  ])
})
