import { expect, it } from 'vitest'
import { minorUnits } from './minor-units.ts'

it.each([
  ['15.50', 'ZMW', '1550'],
  ['15.5', 'ZMW', '1550'],
  ['15', 'ZMW', '1500'],
  ['0.05', 'ZMW', '5'],
  ['15.00', 'UGX', '15'],
  ['15', 'XOF', '15'],
  ['9007199254740993.01', 'KES', '900719925474099301'],
])('reads %s %s as %s', (amount, currency, minor) => {
  expect(minorUnits(amount, currency)).toBe(minor)
})

it.each([
  ['15.505', 'ZMW'],
  ['15.5', 'UGX'],
  ['-1', 'ZMW'],
  ['1e3', 'ZMW'],
  ['', 'ZMW'],
])('leaves %j %s as it is', (amount, currency) => {
  expect(minorUnits(amount, currency)).toBe(amount)
})
