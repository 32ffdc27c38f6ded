import { expect, it } from 'vitest'
import type { KeyHolder } from '../../src/domain/merchant.ts'
import { createMerchantCache } from '../../src/edge/merchants.ts'
import { MERCHANT } from './fakes.ts'

const HOLDER: KeyHolder = { merchantId: MERCHANT, merchantName: 'One', mode: 'test', scope: 'secret' }

const cache = () => {
  let nowMs = 0
  const asked: string[] = []
  const find = createMerchantCache(
    async (keyHash) => {
      asked.push(keyHash)
      if (keyHash === 'broken') throw new Error('D1 is away')
      return keyHash === 'known' ? HOLDER : null
    },
    () => nowMs,
  )
  return { find, asked, pass: (ms: number) => (nowMs += ms) }
}

it('asks again for a known key after a minute, for an unknown one after five seconds', async () => {
  const { find, asked, pass } = cache()
  for (let i = 0; i < 3; i++) {
    expect(await find('known')).toEqual(HOLDER)
    expect(await find('unknown')).toBeNull()
  }
  expect(asked).toEqual(['known', 'unknown'])
  pass(5_000)
  await find('known')
  await find('unknown')
  expect(asked).toEqual(['known', 'unknown', 'unknown'])
  pass(55_000)
  await find('known')
  expect(asked.filter((hash) => hash === 'known')).toHaveLength(2)
})

it('remembers no failure', async () => {
  const { find, asked } = cache()
  await expect(find('broken')).rejects.toThrow()
  await expect(find('broken')).rejects.toThrow()
  expect(asked).toHaveLength(2)
})

it('forgets the oldest when a thousand keys were guessed', async () => {
  const { find, asked } = cache()
  await find('known')
  for (let i = 0; i < 1_000; i++) await find(`guess-${i}`)
  await find('known')
  expect(asked.filter((hash) => hash === 'known')).toHaveLength(2)
})
