/** The cap of a day, counted by the vault's own object: what shops see of it, and what the gateway does not. */
import { describe, expect, it } from 'vitest'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import { approve } from '../../scripts/spike/spike.ts'
import { atGateway, expectLedger, freshKey, order, useStack } from './fixture.ts'

const ROOM = 20

const lango = useStack({
  gateways: {
    sealed: sealedProgram(gatewaySpecs(['pawapay']), {
      default: { amountCapMinor: {} },
      merchants: {
        mer_dev: { dayCapMinor: { ZMW: String(ROOM * 1_000), RWF: '1000', CDF: '500000' }, utcOffsetMinutes: 120 },
      },
    }),
    keys: {},
  },
})

const deposits = (): number => lango.stack.pawapay.requests().filter(({ method }) => method === 'POST').length

describe('a cap of the day', () => {
  it('holds under 50 payments at once: as many as fit are sent, the others are told so', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => lango.pay(order({ amount: '10.00' }))))
    const taken = answers.filter(({ status }) => status === 201)
    const refused = answers.filter(({ status }) => status === 422)
    expect([taken.length, refused.length]).toEqual([ROOM, 50 - ROOM])
    for (const { body } of refused)
      expect(body).toMatchObject({
        type: 'urn:lango:problem:policy-refused',
        code: 'policy_refused',
        rule: 'day_cap',
        detail: expect.stringContaining('Nothing was sent. Try again tomorrow.'),
      })
    expect(deposits()).toBe(ROOM)

    const references = taken.map(({ body }) => body.attempts[0].reference as string)
    for (const reference of references) await approve(lango.stack, { reference } as Parameters<typeof approve>[1])
    for (const { body } of taken) await lango.until(body.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
    for (const reference of references) expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
    expect(lango.stack.pawapay.captures()).toHaveLength(ROOM)
    await expectLedger(lango, references)
  })

  it('a repetition is told the same, and a smaller amount has no room either', async () => {
    const before = deposits()
    const [body, key] = [order({ amount: '0.50' }), freshKey()]
    for (const replayed of [null, 'true']) {
      const answer = await lango.pay(body, { 'idempotency-key': key })
      expect(answer).toMatchObject({ status: 422, body: { code: 'policy_refused', rule: 'day_cap' } })
      expect(answer.headers.get('idempotent-replayed')).toBe(replayed)
    }
    expect(deposits()).toBe(before)
  })

  it('what the gateway refuses gives its room back, for the same invoice too', async () => {
    const rwanda = { phoneNumber: '250783456789', currency: 'RWF', amount: '1000' }
    lango.stack.pawapay.persona({ availability: { MTN_MOMO_RWA: 'CLOSED' } })
    const body = order(rwanda)
    expect(await lango.pay(body)).toMatchObject({ status: 422, body: { code: 'payment_rejected' } })
    lango.stack.pawapay.persona({ availability: {} })
    expect(await lango.pay(body)).toMatchObject({ status: 201 })
    expect(await lango.pay(order(rwanda))).toMatchObject({ status: 422, body: { rule: 'day_cap' } })
  })

  it('without its counter nothing is sent, and the same request may come again', async () => {
    const before = deposits()
    const [body, key] = [order({ phoneNumber: '243893456789', currency: 'CDF', amount: '500' }), freshKey()]
    const broken = (source: string): string => {
      expect(source).toContain('.idFromName(')
      return source.replace('.idFromName(', '.idFromNobody(')
    }
    await lango.stack.alterVault(({ modules, bindings }) => ({
      bindings,
      modules: modules.map((one) =>
        one.type === 'ESModule' ? { ...one, contents: broken(String(one.contents)) } : one,
      ),
    }))
    expect(await lango.pay(body, { 'idempotency-key': key })).toMatchObject({
      status: 503,
      body: { code: 'unavailable', detail: expect.stringContaining('could not be counted') },
    })
    expect(deposits()).toBe(before)
    expect(lango.logs.join()).toContain('day_counter_unreachable')
    await lango.stack.alterVault(null)
    expect(await lango.pay(body, { 'idempotency-key': key })).toMatchObject({ status: 201 })
    expect(deposits()).toBe(before + 1)
  })
})
