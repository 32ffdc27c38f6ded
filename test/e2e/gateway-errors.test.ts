import { expect, it } from 'vitest'
import { atGateway, eventually, expectLedger, order, useStack } from './fixture.ts'

const lango = useStack()

const poll = async (id: string, aheadMs: number): Promise<void> => {
  await (await lango.stack.payment(id)).runDueAlarms(Date.now() + aheadMs)
}

const CODES = [500, 502, 503, 504, 520, 522, 524]

it.each(CODES)(
  'T18: %i with HTML, although the gateway took the deposit: unknown, asked about, paid once',
  async (code) => {
    lango.stack.pawapay.persona({ next: 1, status5xx: 'after', status5xxCode: code, withholdCallbacks: true })
    const body = order()
    const answer = await lango.pay(body)
    expect(answer).toMatchObject({ status: 202, body: { status: 'unknown' } })
    expect(JSON.stringify(answer.body)).not.toMatch(/html|body/i)
    for (let i = 0; i < 2; i++) expect(await lango.pay(body)).toMatchObject({ body: { id: answer.body.id } })
    const [{ reference }] = answer.body.attempts
    await eventually(() => atGateway(lango, reference).captures === 1)
    await poll(answer.body.id, 11_000)
    const payment = await lango.until(answer.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
    expect(payment.attempts).toHaveLength(1)
    expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
    await expectLedger(lango, [reference])
  },
)

it('T18: what a gateway says in an error page is in no log', async () => {
  expect(lango.logs.length).toBeGreaterThan(CODES.length)
  expect(lango.logs.filter((line) => /<html|<!doctype/i.test(line))).toEqual([])
})

it('T22: two hours in which the gateway answers no question: nothing is concluded, the questions become fewer, then it is paid', async () => {
  lango.stack.pawapay.persona({ next: 1, dropAfterProcessing: true, withholdCallbacks: true })
  const answer = await lango.pay(order())
  expect(answer.body.status).toBe('unknown')
  const [{ reference }] = answer.body.attempts
  const asked = () =>
    lango.stack.pawapay.requests().filter(({ method, path }) => method === 'GET' && path.endsWith(reference)).length
  lango.stack.pawapay.persona({ statusDown: true })
  try {
    const perHour: number[] = []
    for (let hour = 0; hour < 2; hour++) {
      const before = asked()
      for (let minute = 1; minute <= 60; minute++) await poll(answer.body.id, (hour * 60 + minute) * 60_000)
      perHour.push(asked() - before)
      expect((await lango.get(answer.body.id)).body.status).toBe('unknown')
    }
    const [first = 0, second = 0] = perHour
    expect(first).toBeGreaterThan(second)
    expect(second).toBeGreaterThan(0)
  } finally {
    lango.stack.pawapay.persona({ statusDown: false })
  }
  await poll(answer.body.id, 6 * 3_600_000)
  const payment = await lango.until(answer.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  expect(payment.attempts).toHaveLength(1)
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
})
