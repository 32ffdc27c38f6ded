import { expect, it } from 'vitest'
import { formsOf, place, search } from '../scan/forms.ts'
import { forbidden, placesOf } from '../scan/stack.ts'
import { type Answer, eventually, json, order, useStack } from './fixture.ts'

const lango = useStack()

/** Sandbox numbers: paid, not approved by the customer, stuck, and one of another provider. None is an example in our own messages. */
const NUMBERS = ['260763451177', '260763456039', '260763456129', '260971234567']
const [PAID = '', DECLINED = '', STUCK = ''] = NUMBERS
const control = (url: string, what: string, body: unknown): Promise<Response> =>
  fetch(`${url}/_sim/${what}`, { method: 'POST', body: JSON.stringify(body) })

const answers: string[] = []
const told = (answer: Answer): Answer => {
  answers.push(JSON.stringify([answer.status, Object.fromEntries(answer.headers), answer.body]))
  return answer
}
const pay = async (over: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Answer> =>
  told(await lango.pay(order({ phoneNumber: PAID, ...over }), headers))

/** Everything that goes wrong in a way that makes somebody write a message about it. */
const misfortunes = async (): Promise<void> => {
  const { pawapay, redis, qstash, edgeUrl, consumerUrl } = lango.stack
  const paid = await pay({ phoneNumber: '+260 76 345-1177' })
  await lango.until(paid.body.id, (body) => body.fulfilment.status === 'fulfilled')
  await pay({ phoneNumber: DECLINED, metadata: { note: 'second basket' } })
  await pay({ phoneNumber: '0971234567', provider: 'AIRTEL_OAPI_ZMB' })
  await pay({ amount: '19999999' })
  for (const phoneNumber of [`${PAID}9`, `+${PAID} ext`, `x${PAID}`]) await pay({ phoneNumber })
  await pay({ colour: PAID })
  await pay({}, { authorization: 'Bearer sk_test_nobodys_key_at_all' })
  await pay({}, { 'idempotency-key': '' })

  pawapay.persona({ next: 1, status5xx: 'after' })
  await pay()
  pawapay.persona({ next: 1, dropAfterProcessing: true })
  await pay()
  pawapay.persona({ next: 1, truncatedJson: true })
  await pay()

  for (const fault of [{ error500: true }, { down: true }, { dropAfterExecute: 2 }, { delayReplyMs: 2_000 }]) {
    await control(redis.url, 'persona', fault)
    await pay()
    await control(redis.url, 'reset', {})
  }

  const stuck = await pay({ phoneNumber: STUCK })
  const { reference } = stuck.body.attempts[0]
  const callback = (over: object) =>
    control(pawapay.url, 'callback', { depositId: reference, status: 'COMPLETED', ...over })
  for (const tamper of ['body', 'unsigned', 'signature', 'expired']) await callback({ tamper })
  qstash.persona({ down: true })
  await callback({})
  answers.push(
    await (
      await fetch(`${edgeUrl}/webhooks/pawapay/deposits`, { method: 'POST', body: `{"phoneNumber":"${PAID}` })
    ).text(),
    await (await fetch(`${consumerUrl}/deliveries/callback`, { method: 'POST', body: PAID })).text(),
  )
  qstash.persona({ down: false })
  await lango.until(stuck.body.id, (body) => body.fulfilment.status === 'fulfilled', 40_000)

  for (const what of [`phoneSuffix=1177`, `phoneSuffix=${PAID}`, `invoice=${PAID}`, 'status=nonsense']) {
    told(
      await json(
        await fetch(`${edgeUrl}/v1/payments?${what}`, {
          headers: { authorization: `Bearer ${lango.stack.secretKey}` },
        }),
      ),
    )
  }
}

it('T55: after a run in which all goes wrong, nothing that was written or said holds a number, a token or a key', async () => {
  await misfortunes()
  await eventually(() => lango.logs.length > 20)

  const places = [
    ...lango.logs.map((line) => place('log', line)),
    ...answers.map((answer) => place('answer', answer)),
    ...(await placesOf(lango.stack)),
  ]
  // The search would find them: what may be shown is there, in most places.
  const masked = Buffer.from('2607••••1177')
  const shown = (where: RegExp) => places.some((each) => where.test(each.where) && each.bytes.includes(masked))
  for (const where of [/^answer$/, /^Redis$/, /^D1 events$/, /^file v3\/do\//, /^file v3\/d1\//])
    expect(shown(where), String(where)).toBe(true)
  for (const where of ['log', 'queue message', 'delivery', 'dead letters', 'D1 payment_phones', 'operator route dlq'])
    expect(
      places.filter((each) => each.where === where).reduce((sum, { bytes }) => sum + bytes.length, 0),
      where,
    ).toBeGreaterThan(10)

  const forms = [...forbidden(lango.stack, NUMBERS), ...formsOf('a wrong API key', 'sk_test_nobodys_key_at_all')]
  expect(search(places, forms)).toEqual([])
})
