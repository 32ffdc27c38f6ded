import { expect, it } from 'vitest'
import type { ProviderRoute } from '../../src/contracts/consumer.ts'
import { mayWantCode, takesCodeFirst } from '../../src/flows/code-first.ts'

const through = (...gateways: string[]): readonly ProviderRoute[] =>
  gateways.map((gateway) => ({ gateway, provider: 'ORANGE_BFA', currency: 'XOF' }))

it.each<[string, readonly ProviderRoute[] | null, string, boolean]>([
  ['all go through one that wants it', null, 'pawapay', true],
  ['all go through one that does not', null, 'cinetpay', false],
  ['all go through one that nobody here knows', null, 'elsewhere', true],
  ['the policy has only one that does not', through('cinetpay'), 'pawapay', false],
  ['the policy has one that wants it, too', through('cinetpay', 'pawapay'), 'cinetpay', true],
  ['the policy has nobody', [], 'cinetpay', true],
  [
    'the policy has it in another currency',
    [{ gateway: 'cinetpay', provider: 'ORANGE_BFA', currency: 'EUR' }],
    '',
    true,
  ],
  [
    'the policy has others of that gateway',
    [...through('cinetpay'), { ...through('pawapay')[0], provider: 'MOOV_BFA' } as ProviderRoute],
    '',
    false,
  ],
])('whether a code may be wanted: %s', (_, routes, own, wanted) => {
  expect(mayWantCode(routes, own, 'ORANGE_BFA', 'XOF')).toBe(wanted)
})

it('of one gateway: by provider', () => {
  expect(takesCodeFirst('pawapay', 'ORANGE_BFA')).toBe(true)
  expect(takesCodeFirst('pawapay', 'MOOV_BFA')).toBe(false)
})
