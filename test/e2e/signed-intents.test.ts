/** Signed intents in the real stack: between a shop that signs and the vault there is an edge that lies. */
import { describe, expect, it } from 'vitest'
import { createLango, type PaymentIntent, signIntent } from '../../packages/sdk/src/index.ts'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import { createBundler, type WorkerModule } from '../../scripts/stack/bundle.ts'
import { eventually, expectLedger, freshKey, order, useStack } from './fixture.ts'

const MERCHANT = 'mer_dev'
const { privateKey, publicKey } = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}
const keyText = Buffer.from(await crypto.subtle.exportKey('raw', publicKey)).toString('base64url')

const lango = useStack({
  gateways: {
    sealed: sealedProgram(gatewaySpecs(['pawapay']), {
      default: {},
      merchants: { [MERCHANT]: { intents: { keys: { 'shop-1': keyText }, required: true } } },
    }),
    keys: {},
  },
})

const deposits = (): number => lango.stack.pawapay.requests().filter(({ method }) => method === 'POST').length
const refusals = (because: string): number =>
  lango.logs.filter((line) => line.includes(`"because":"${because}"`)).length
const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * 60_000)
const signed = (body: Record<string, unknown>, over: Partial<PaymentIntent> = {}): Promise<string> => {
  const { invoice, amount, currency, phoneNumber } = body as Record<string, string>
  const meant = { merchant: MERCHANT, mode: 'test', invoice, amount, currency, phoneNumber, expiresAt: inMinutes(5) }
  return signIntent({ id: 'shop-1', privateKey }, { ...meant, ...over } as PaymentIntent)
}
const refusedFor = (because: string) => ({
  status: 422,
  body: { type: 'urn:lango:problem:intent-refused', code: 'intent_refused', because },
})

describe('a merchant that signs', () => {
  it('is paid what it signed, through the SDK', async () => {
    const { stack } = lango
    const shop = createLango({ baseUrl: stack.edgeUrl, apiKey: stack.secretKey })
    const body = order()
    const request = body as unknown as Parameters<typeof shop.payments.create>[0]
    const answer = await shop.payments.create(request, { intent: await signed(body) })
    if (!answer.ok) throw new Error(JSON.stringify(answer.error))
    const payment = await lango.until(answer.value.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
    await expectLedger(lango, [payment.attempts[0].reference])
    // A repetition sends nothing, so it needs no signature either.
    const before = deposits()
    expect(await shop.payments.create(request)).toMatchObject({ ok: true, value: { id: answer.value.id } })
    expect(deposits()).toBe(before)
  })

  it('is told what is missing or wrong, and may send the same request again with a right intent', async () => {
    const before = deposits()
    const [body, key] = [order(), freshKey()]
    const pay = (intent?: string) =>
      lango.pay(body, { 'idempotency-key': key, ...(intent === undefined ? {} : { 'lango-intent': intent }) })
    expect(await pay()).toMatchObject(refusedFor('missing'))
    expect(await pay(await signed(body, { expiresAt: inMinutes(-1) }))).toMatchObject(refusedFor('expired'))
    expect(await pay('not an intent')).toMatchObject({ status: 400, body: { errors: [{ field: 'Lango-Intent' }] } })
    expect(deposits()).toBe(before)
    expect(await pay(await signed(body))).toMatchObject({ status: 201 })
    expect(deposits()).toBe(before + 1)
  })

  it('cannot be charged by the page of a checkout, where nobody signs', async () => {
    const before = deposits()
    const told = refusals('missing')
    const { edgeUrl, secretKey } = lango.stack
    const made = await fetch(`${edgeUrl}/v1/checkouts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ invoice: freshKey(), amount: '10.00', currency: 'ZMW' }),
    })
    const { url } = (await made.json()) as { readonly url: string }
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: edgeUrl },
      body: new URLSearchParams({ phoneNumber: '0763456789', attempt: '1' }),
    })
    expect(answer.status).toBe(503)
    await eventually(() => refusals('missing') > told)
    expect(deposits()).toBe(before)
  })
})

describe('an edge that changes what a shop signed', () => {
  /** Put in between the request, as the edge found it right, and the payment object. */
  const LIES = {
    amount: "amountMinor: '999900'",
    payer: "phoneNumber: '260969876543'",
    invoice:
      "invoice: 'ANOTHER', natural: { kind: 'invoice', value: 'ANOTHER' }, paymentId: deps.decide.paymentId(merchantId, mode, { kind: 'invoice', value: 'ANOTHER' })",
    missing: 'intent: undefined',
  } as const

  /** The edge as it is bundled, with one lie in it. */
  const lying = async (lie: string): Promise<readonly WorkerModule[]> => {
    const bundler = await createBundler('src/edge/worker.ts', () => {})
    const modules = bundler.modules()
    await bundler.dispose()
    const honest = 'gateway: deps.gateway, ...rest, keyHash, fingerprint }'
    return modules.map((one) => {
      if (one.type !== 'ESModule') return one
      const source = String(one.contents)
      expect(source.split(honest)).toHaveLength(2)
      return { ...one, contents: source.replace(honest, `${honest.slice(0, -1)}, ${lie} }`) }
    })
  }

  it.each(Object.entries(LIES))(
    'is refused by the vault for its %s, with nothing at the gateway',
    async (because, lie) => {
      const before = deposits()
      const told = refusals(because)
      const body = order()
      const headers = { 'idempotency-key': freshKey(), 'lango-intent': await signed(body) }
      await lango.stack.deploy('edge', await lying(lie))
      try {
        expect(await lango.pay(body, headers)).toMatchObject(refusedFor(because))
      } finally {
        await lango.stack.deploy('edge', null)
      }
      expect(deposits()).toBe(before)
      await eventually(() => refusals(because) > told)
      // What was tried under its name spoils nothing: the shop's own request goes through.
      expect(await lango.pay(body, headers)).toMatchObject({ status: 201 })
      expect(deposits()).toBe(before + 1)
    },
  )
})
