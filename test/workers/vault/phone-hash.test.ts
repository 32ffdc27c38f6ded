import { describe, expect, it } from 'vitest'
import type { Msisdn } from '../../../src/domain/ids.ts'
import { createHashPhone } from '../../../src/vault/phone-hash.ts'

const NUMBER = '260763456789' as Msisdn
const OTHER = '260763456788' as Msisdn
const OLD = 'c9'.repeat(32)
const NEW = 'd0'.repeat(32)
const HASH = /^[0-9a-f]{8}\.[0-9a-f]{32}$/

describe('T55: the keyed hash of a phone number', () => {
  it('is the same for the same number, whoever makes it', async () => {
    const [one, two] = await Promise.all([
      createHashPhone({ current: OLD })(NUMBER),
      createHashPhone({ current: OLD })(NUMBER),
    ])
    expect(one).toEqual(two)
    expect(one.current).toMatch(HASH)
    // HMAC-SHA256 under c9…c9 by another implementation (Python's hmac): it may not change, rows hold it.
    expect(one).toEqual({
      current: '319ef03b.652c2596786911698c9e87121869dbd5',
      erased: '319ef03b.bd6ad21646abda58ab941f141056fb09',
    })
  })

  it('is another for another number, under another key, and for another purpose', async () => {
    const { current, erased } = await createHashPhone({ current: OLD })(NUMBER)
    const other = await createHashPhone({ current: OLD })(OTHER)
    const renewed = await createHashPhone({ current: NEW })(NUMBER)
    const tails = [current, erased, other.current, other.erased, renewed.current, renewed.erased].map(
      (hash) => hash.split('.')[1],
    )
    expect(new Set(tails).size).toBe(6)
    expect(other.current.split('.')[0]).toBe(current.split('.')[0])
    expect(renewed.current.split('.')[0]).not.toBe(current.split('.')[0])
  })

  it('during a rotation is told under both keys, the new one first', async () => {
    const before = await createHashPhone({ current: OLD })(NUMBER)
    const { current, previous } = await createHashPhone({ current: NEW, previous: OLD })(NUMBER)
    expect(previous).toBe(before.current)
    expect(current).not.toBe(before.current)
  })

  it('holds none of its digits', async () => {
    const { current } = await createHashPhone({ current: OLD })(NUMBER)
    expect(current).not.toContain(NUMBER.slice(-9))
  })
})
