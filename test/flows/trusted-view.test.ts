import { describe, expect, it } from 'vitest'
import { trustedView } from '../../src/flows/trusted-view.ts'
import { NOW_MS, OTHER_PAYMENT, PAYMENT, snapshot, view } from './fakes.ts'

const trust = (of = snapshot(view({ status: 'succeeded' })), sealed: boolean | Error = true, nowMs = NOW_MS) =>
  trustedView(of, PAYMENT, {
    checkSeal: async () => {
      if (sealed instanceof Error) throw sealed
      return sealed
    },
    nowMs: () => nowMs,
  })

describe('T63: a snapshot from Redis', () => {
  it('is believed when the core sealed it', async () => {
    expect(await trust()).toMatchObject({ id: PAYMENT, status: 'succeeded' })
  })
  it.each([
    ['without a seal', () => trust({ ...snapshot(view()), seal: undefined } as never)],
    ['with a wrong seal', () => trust(undefined, false)],
    ['when the vault cannot be asked', () => trust(undefined, new Error('no vault'))],
    ['at the moment it expires', () => trust(undefined, true, NOW_MS + 60_000)],
    ['that is no JSON', () => trust(snapshot(view(), { text: '{' }))],
    ['of another payment', () => trust(snapshot(view({ id: OTHER_PAYMENT })))],
  ])('is nothing %s', async (_, asked) => {
    expect(await asked()).toBeNull()
  })
  it('is believed up to its last millisecond', async () => {
    expect(await trust(undefined, true, NOW_MS + 59_999)).not.toBeNull()
  })
})
