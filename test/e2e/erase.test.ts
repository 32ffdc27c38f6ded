import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { loadSecrets } from '../../scripts/stack/secrets.ts'
import { formsOf, type Place, place, search } from '../scan/forms.ts'
import { forbidden, placesOf } from '../scan/stack.ts'
import { type Answer, eventually, expectLedger, order, useStack } from './fixture.ts'

const lango = useStack()
const run = promisify(execFile)

const PAID = '260763451177'
const CHIPO = {
  sessionId: 'session-of-Chipo-Banda',
  metadata: { name: 'Chipo Banda', email: 'chipo@example.com' },
  returnUrl: 'https://shop.example/thanks?who=chipo-banda',
  customerMessage: 'For Chipo B',
}

/** `npm run lango -- …`, as people type it. */
const cli = async (...args: readonly string[]): Promise<{ code: number; text: string }> => {
  const { consumerUrl, stateDir } = lango.stack
  const env = { ...process.env, NODE_NO_WARNINGS: '1', LANGO_OPERATOR_KEY: loadSecrets(stateDir).operatorKey }
  try {
    const { stdout, stderr } = await run('node', ['scripts/lango.ts', '--url', consumerUrl, ...args], { env })
    return { code: 0, text: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, text: stdout + stderr }
  }
}

/** All that is left of a customer: what they are shown by, what the shop said of them, and the hash that they are found by. */
const tracesOf = async (number: string, payments: readonly string[]): Promise<string[]> => {
  const key = Buffer.from(loadSecrets(lango.stack.stateDir).personalKey, 'hex')
  const mac = (text: string): string => createHmac('sha256', key).update(text).digest('hex')
  const hash = `${mac('lango key id').slice(0, 8)}.${mac(`phone\n${number}`).slice(0, 32)}`
  const objects = await Promise.all(
    payments.map(async (id): Promise<Place> => {
      const payment = await lango.stack.payment(id)
      const { body } = await lango.get(id)
      return place(`object ${id}`, JSON.stringify([await payment.history(), await payment.state(), body]))
    }),
  )
  // SQLite leaves freed pages as they were; whole numbers, which never were there, are looked for in the files, too.
  const places = (await placesOf(lango.stack)).filter(({ where }) => !where.startsWith('file '))
  const forms = [
    ...formsOf('the masked number', `${number.slice(0, 4)}••••${number.slice(-4)}`),
    ...formsOf('the end of the number', `"phone_suffix":"${number.slice(-4)}"`),
    ...['Chipo', 'chipo'].flatMap((name) => formsOf('the name', name)),
    ...formsOf('the hash', hash),
  ]
  return search([...places, ...objects], forms)
}

const ledgerVerify = async (): Promise<string> =>
  (
    await run('node', ['scripts/ledger-verify.ts', lango.stack.stateDir], {
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    })
  ).stdout

it('T55: after a customer is erased no store holds them, what is open is named, and the ledger still verifies', async () => {
  const { pawapay, redis, cron } = lango.stack
  const paid = await lango.pay(order({ ...CHIPO, phoneNumber: `+${PAID}` }))
  const before = await lango.until(paid.body.id, (body) => body.fulfilment.status === 'fulfilled')
  const neighbour = await lango.pay(order({ phoneNumber: '260763452177' }))
  await lango.until(neighbour.body.id, (body) => body.fulfilment.status === 'fulfilled')
  pawapay.persona({ settleMs: 600_000 })
  const open = await lango.pay(order({ ...CHIPO, phoneNumber: PAID }))
  pawapay.reset()
  await (await lango.stack.payment(open.body.id)).runDueAlarms(Date.now() + 10_500)

  const ids = [paid.body.id, open.body.id]
  const places = (await tracesOf(PAID, ids)).map((trace) => trace.split(':')[0])
  for (const where of ['Redis', 'D1 payments', 'D1 payment_phones', 'D1 events', `object ${paid.body.id}`])
    expect(places).toContain(where)

  const shown = await cli('erase', '--phone', '+260 76 345 1177', '--dry-run')
  expect(shown.text).toContain(paid.body.id)
  expect((await lango.get(paid.body.id)).body.phoneNumber).toBe('2607••••1177')

  const erased = await cli('erase', '--phone', '+260 76 345 1177', '--yes')
  expect(erased.text).toMatch(/1 payments erased, \d+ in events/)
  // What the gateway has not answered about is kept, and the command says so.
  expect(erased.code).toBe(3)
  expect(erased.text).toMatch(new RegExp(`kept {2}${open.body.id} {2}\\w+ {2}open`))
  expect((await cli('erasures')).text).toContain('not finished, 1 kept')
  await fetch(`${pawapay.url}/_sim/callback`, {
    method: 'POST',
    body: JSON.stringify({ depositId: open.body.attempts[0].reference, status: 'FAILED' }),
  })
  await eventually(async () => (await (await lango.stack.payment(open.body.id)).state())?.status === 'failed')
  await eventually(async () => {
    await cron()
    return !(await cli('erasures')).text.includes('not finished')
  })

  // Redis forgets by itself: within a minute what can be read, within 30 days what is hashed with a key.
  for (const { key, value, pttlMs } of await redis.control.keys()) {
    const text = JSON.stringify(value)
    expect(pttlMs, key).toBeGreaterThan(0)
    if (text.includes('••••')) expect(pttlMs, key).toBeLessThanOrEqual(60_000)
  }
  await redis.control.reset({ flush: true })
  expect(await tracesOf(PAID, ids)).toEqual([])

  const after: Answer = await lango.get(paid.body.id)
  expect(after.body).toMatchObject({
    status: 'succeeded',
    amount: before.amount,
    invoice: before.invoice,
    attempts: before.attempts,
    phoneNumber: 'erased',
    sessionId: 'erased',
    erasedAt: expect.any(String),
  })
  expect(after.body).not.toHaveProperty('metadata')
  expect((await lango.get(neighbour.body.id)).body.phoneNumber).toBe('2607••••2177')

  await expectLedger(lango, [before.attempts[0].reference])
  expect(await ledgerVerify()).toMatch(/\b0 failed\b/)
  expect(search(await placesOf(lango.stack), forbidden(lango.stack))).toEqual([])
})
