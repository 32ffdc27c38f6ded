import { beforeAll, expect, it } from 'vitest'
import { json, KEY, send } from './kit.ts'

const balances = (key?: string) =>
  send('/v1/ledger/balances', key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } })

// The first request loads the Worker, which a busy machine takes its time for.
beforeAll(async () => void (await send('/')), 60_000)

it('tells what a merchant is owed, per currency, in decimal strings, exact and with a sign', async () => {
  const response = await balances(KEY)
  expect(response.status).toBe(200)
  expect(response.headers.get('Cache-Control')).toBe('no-store')
  expect(await json(response)).toEqual({
    balances: [
      { currency: 'RWF', payable: '500', refunds: '750', balance: '-250' },
      { currency: 'ZMW', payable: '90071992547399.93', refunds: '0.00', balance: '90071992547399.93' },
    ],
  })
})

it.each(['sk_live_lango_dev', 'sk_test_other'])('is of one merchant and one mode: %s', async (key) => {
  expect(await json(await balances(key))).toEqual({ balances: [] })
})

it('is for secret keys', async () => {
  expect((await balances()).status).toBe(401)
  expect((await balances('pk_test_lango_dev')).status).toBe(403)
})
