/**
 * A hostile dependency in the edge's bundle (test/workers/hostile), in real workerd, with everything else as it is. First what
 * it cannot do, then what it can (SECURITY.md, "What a hostile package in the edge can still do").
 */
import { createHash, createHmac } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { signIntent } from '../../packages/sdk/src/index.ts'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import { loadSecrets } from '../../scripts/stack/secrets.ts'
import { createDecideCore } from '../../src/core/decide.ts'
import { formsOf, numberForms } from '../scan/forms.ts'
import { loadModule } from '../unit/core/artefacts.ts'
import { atGateway, eventually, expectLedger, freshKey, json, order, useStack } from './fixture.ts'
import { type Loot, type Obeyed, startMaster, stolen } from './hostile-master.ts'

const master = await startMaster()
afterAll(() => master.close())

const { privateKey, publicKey } = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}
const shopKey = Buffer.from(await crypto.subtle.exportKey('raw', publicKey)).toString('base64url')

const lango = useStack({
  entries: { edge: 'test/workers/hostile/entry.ts' },
  gateways: {
    // Merchants are named, and any other may take nothing: the edge says whose payment it is.
    sealed: sealedProgram(gatewaySpecs(['pawapay']), {
      default: { amountCapMinor: {} },
      merchants: {
        mer_dev: { amountCapMinor: { ZMW: '20000' }, countries: ['ZMB'] },
        mer_capped: { dayCapMinor: { ZMW: '5000' } },
        mer_signs: { intents: { keys: { 'shop-1': shopKey }, required: true } },
      },
    }),
    keys: {},
  },
})

/** Takes the order and never approves it. */
const STUCK = '260763456129'

const call = (stub: 'vault' | 'consumer' | 'payments', method: string, ...args: unknown[]): Promise<Obeyed> =>
  master.order(lango, 'call', { stub, method, args })
const look = async (): Promise<Loot> => {
  const { ok, value, error } = await master.order(lango, 'look')
  if (!ok) throw new Error(error)
  return value
}
const tamper = (changes: readonly (readonly [string, string])[], dropsPath: string | null = null): Promise<Obeyed> =>
  master.order(lango, 'tamper', { changes, dropsPath })

const sent = () => lango.stack.pawapay.requests().filter(({ method }) => method === 'POST')
const stateOf = async (id: string) => (await lango.stack.payment(id)).state()
const rows = async (table: string): Promise<number> =>
  (await lango.stack.database.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n ?? -1

const pending = async () => {
  const body = order({ phoneNumber: STUCK })
  const answer = await lango.pay(body)
  expect(answer.status).toBe(201)
  return { id: answer.body.id as string, reference: answer.body.attempts[0].reference as string, body }
}
const paid = async () => {
  const answer = await lango.pay(order())
  await lango.until(answer.body.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
  return { id: answer.body.id as string, reference: answer.body.attempts[0].reference as string }
}

/** Nothing happened to it: open, nothing taken, nothing told to the ledger. */
const expectUntouched = async ({ id, reference }: { readonly id: string; readonly reference: string }) => {
  expect(await stateOf(id)).toMatchObject({ status: 'pending', fulfilment: { status: 'none' } })
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 0 })
  const { results } = await lango.stack.database
    .prepare('SELECT id FROM ledger_entries WHERE reference = ?')
    .bind(reference)
    .all()
  expect(results).toEqual([])
}

const decide = createDecideCore(loadModule('decide.wasm'))

/** A `begin` of the hostile module's own: nobody asked for it. Its id follows from merchant, mode and invoice, or it is refused. */
const intent = (over: Record<string, unknown> = {}) => {
  const invoice = freshKey()
  const natural = { kind: 'invoice', value: invoice } as const
  return {
    v: 1,
    paymentId: decide.paymentId(String(over['merchantId'] ?? 'mer_dev'), 'test', natural),
    merchantId: 'mer_dev',
    mode: 'test',
    natural,
    invoice,
    sessionId: 'hostile',
    amountMinor: '1000',
    currency: 'ZMW',
    phoneNumber: STUCK,
    provider: 'MTN_MOMO_ZMB',
    gateway: 'pawapay',
    keyHash: createHash('sha256').update(freshKey()).digest('hex'),
    fingerprint: {},
    waitMs: 5_000,
    ...over,
  }
}

/** By the edge's own token, as the hostile module would. Resolves with what the consumer answered to the delivery. */
const publish = async (kind: string, body: unknown): Promise<number> => {
  const { qstash, consumerUrl } = lango.stack
  const before = qstash.deliveries().length
  const published = await master.order(lango, 'fetch', {
    url: `${qstash.url}/v2/publish/${consumerUrl}/deliveries/${kind}`,
    init: {
      method: 'POST',
      headers: { authorization: `Bearer ${qstash.token}`, 'content-type': 'application/json', 'upstash-retries': '0' },
      body: JSON.stringify(body),
    },
  })
  expect(published.value.status).toBe(200)
  const { messageId } = JSON.parse(published.value.text)
  const delivery = await eventually(() =>
    qstash
      .deliveries()
      .slice(before)
      .find((each) => JSON.stringify(each).includes(messageId)),
  )
  return delivery.status
}

const redis = async (...words: unknown[]): Promise<unknown> => {
  const { url, token } = lango.stack.redis
  const answer = await master.order(lango, 'fetch', {
    url,
    init: {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(words),
    },
  })
  return JSON.parse(answer.value.text).result
}

/** What a gateway's word that it is paid would look like, if a hostile module could make one. */
const verdictOn = ({ id, reference }: { readonly id: string; readonly reference: string }) => ({
  v: 1,
  gateway: 'pawapay',
  operation: 'deposit',
  authentic: 'signed',
  reference,
  paymentId: id,
  attempt: 1,
  outcome: 'succeeded',
  failureCode: null,
  amountMinor: '1550',
  currency: 'ZMW',
  providerTransactionId: 'forged',
  bodySha256: '0'.repeat(64),
  receivedAtMs: Date.now(),
})

interface Message {
  readonly v: 1
  readonly kind: 'callback'
  readonly via: string
  readonly attested: { readonly v: 1; readonly text: string; readonly mac: string; readonly kid: string }
}

/** The queue message of a true callback, as it passed through the edge. */
const trueMessage = async (reference: string): Promise<Message> =>
  eventually(async () => {
    const { texts } = await look()
    const text = texts.find((each) => each.startsWith('{"v":1,"kind":"callback"') && each.includes(reference))
    return text === undefined ? undefined : (JSON.parse(text) as Message)
  })

describe('a hostile dependency in the edge', () => {
  it('sees much, and no token or key of a gateway, no key of the vault, no key of the consumer', async () => {
    await paid()
    const loot = await look()
    const secrets = loadSecrets(lango.stack.stateDir)
    const [, pem = ''] = secrets.pawapaySigningKey.split('\n')
    const { redisToken, fingerprintKey, project, ...others } = { ...secrets, pawapaySigningKey: pem }
    const forms = Object.entries(others).flatMap(([name, secret]) => formsOf(name, secret))
    expect(stolen(loot, forms)).toEqual([])
    expect(loot.importableEnv).toEqual([])
    // It does look: this is what it has to find.
    const own = { redisToken, fingerprintKey, qstashToken: lango.stack.qstash.token }
    const found = stolen(
      loot,
      Object.entries(own).flatMap(([name, secret]) => formsOf(name, secret)),
    )
    expect(found).toEqual(expect.arrayContaining(Object.keys(own).map((name) => `loot: ${name}`)))
  })

  it('can ask the vault to verify and for nothing else', async () => {
    const payment = await pending()
    const before = lango.stack.pawapay.requests().length
    const forged = { v: 1, text: JSON.stringify(verdictOn(payment)), mac: '00'.repeat(32), kid: '00000000' }
    const wishes: readonly (readonly [method: string, ...args: unknown[]])[] = [
      ['send', { ...intent(), attempt: 1, reference: payment.reference }],
      ['status', { v: 1, gateway: 'pawapay', operation: 'deposit', reference: payment.reference, currency: 'ZMW' }],
      ['checkAttestation', forged],
      ['sealSnapshot', payment.id, JSON.stringify({ status: 'succeeded' })],
      ['phoneHashes', STUCK],
      ['sign', 'bytes of my choice'],
      ['ask', 'sealSnapshot', {}],
      ['open'],
      ['core'],
    ]
    for (const [method, ...args] of wishes) {
      const { ok, error } = await call('vault', method, ...args)
      expect({ method, ok, error }).toMatchObject({ ok: false, error: expect.stringContaining(method) })
    }
    expect(await call('vault', 'fetch', 'https://vault.internal/')).toMatchObject({ ok: false })
    for (const property of ['env', 'ctx']) {
      const { value } = await master.order(lango, 'read', { stub: 'vault', property })
      expect(value).toBeUndefined()
    }
    expect(lango.stack.pawapay.requests()).toHaveLength(before)
  })

  it('can begin payments and look at them, and never tell an object what became of one', async () => {
    const payment = await pending()
    const verdict = verdictOn(payment)
    const wishes: readonly (readonly [method: string, ...args: unknown[]])[] = [
      ['apply', verdict, 'qstash'],
      ['apply', payment.id, verdict, 'qstash'],
      ['markFulfilled', payment.id, 'qstash'],
      ['erase', payment.id, { v: 1, dryRun: false }],
      ['due', payment.id],
      ['refresh', payment.id],
      ['poke', payment.id, 'succeeded'],
      ['state', payment.id],
      ['history', payment.id],
      ['runDueAlarms', payment.id, Date.now() + 86_400_000],
      ['idFromName', payment.id],
      ['payment', payment.id],
    ]
    for (const stub of ['payments', 'consumer'] as const) {
      for (const [method, ...args] of wishes) {
        const { ok, error } = await call(stub, method, ...args)
        expect({ stub, method, ok, error }).toMatchObject({ ok: false, error: expect.stringContaining(method) })
      }
      for (const property of ['env', 'ctx']) {
        const { value } = await master.order(lango, 'read', { stub, property })
        expect(value).toBeUndefined()
      }
    }
    await expectUntouched(payment)
  })

  it('alters no request that the vault has built', async () => {
    const { pawapay } = lango.stack
    // What only a gateway's request holds, and what it shares with all others.
    await tamper([
      [pawapay.url, master.url],
      ['"depositId"', '"evilId"'],
      ['"amount":"', '"amount":"9'],
      ['/v2/deposits', '/v2/evil'],
      ['Bearer ', 'Bearer evil '],
    ])
    const from = pawapay.requests().length
    const body = order({ phoneNumber: STUCK })
    const answer = await lango.pay(body)
    await tamper([])
    const built = pawapay.requests().slice(from)
    // The simulator takes a deposit only with the right token, digest and signature.
    expect(built.map(({ method, path, status }) => [method, path, status])).toEqual([['POST', '/v2/deposits', 200]])
    expect(JSON.parse(built[0]?.body ?? '')).toMatchObject({
      amount: '15.5',
      currency: 'ZMW',
      payer: { accountDetails: { phoneNumber: STUCK } },
    })
    expect(answer.body.id).toMatch(/^pay_/)
    expect(await stateOf(answer.body.id)).toMatchObject({ status: 'pending' })
    expect(master.strays()).toEqual([])
  })

  it('chooses no other destination', async () => {
    const from = lango.stack.pawapay.requests().length
    const elsewhere = { origin: master.url, url: master.url, host: master.url, PAWAPAY_ORIGIN: master.url }
    await call('payments', 'begin', intent({ ...elsewhere, gateway: 'evil' }))
    await call('payments', 'begin', intent({ ...elsewhere, gateway: master.url }))
    const begun = await call('payments', 'begin', intent(elsewhere))
    expect(begun).toMatchObject({ ok: true, value: { kind: 'started', outcome: 'accepted' } })
    for (const place of [`@${new URL(master.url).host}/`, '../../evil', 'ZMB&country=RWA', master.url]) {
      await call('vault', 'conditions', place)
      await call('vault', 'predictProvider', place)
      const callback = { v: 1, gateway: place, operation: 'deposits', method: 'POST', url: master.url, headers: [] }
      const verified = await call('vault', 'verifyCallback', { ...callback, bodyBase64: '' })
      expect(verified.value?.kind).not.toBe('verified')
    }
    const known =
      /^\/v2\/(deposits|predict-provider|public-key\/http|active-conf(\?country=[A-Z]{3}&operationType=DEPOSIT)?)$/
    const paths = lango.stack.pawapay
      .requests()
      .slice(from)
      .map(({ path }) => path)
    expect(paths.filter((path) => !known.test(path))).toEqual([])
    expect(paths.filter((path) => path === '/v2/deposits')).toHaveLength(1)
    expect(master.strays()).toEqual([])
  })

  it('does not exceed the sealed policy, whatever it says', async () => {
    const before = sent().length
    const beyond: readonly Record<string, unknown>[] = [
      { amountMinor: '20001' },
      { merchantId: 'mer_invented' },
      { merchantId: '' },
      { merchantId: 'default' },
      { merchantId: '__proto__' },
      { amountMinor: '20001', policy: { default: {} }, rules: {}, amountCapMinor: { ZMW: '99999999' } },
      { amountMinor: '-1000' },
      { amountMinor: '1e9' },
      { amountMinor: '020001' },
      { currency: 'RWF', provider: 'MTN_MOMO_RWA', phoneNumber: '250783456789' },
      { currency: 'zmw', amountMinor: '20001' },
    ]
    for (const over of beyond) {
      const { ok, value } = await call('payments', 'begin', intent(over))
      expect({ over, sent: ok && value.kind === 'started' && value.outcome !== 'rejected' && value }).toEqual({
        over,
        sent: false,
      })
    }
    expect(sent()).toHaveLength(before)
  })

  it('exceeds no cap of a day, however it spreads what it asks for', async () => {
    const ask = (over: Record<string, unknown>) =>
      call('payments', 'begin', intent({ merchantId: 'mer_capped', amountMinor: '2000', ...over }))
    const before = sent().length
    const answers = await Promise.all([{}, {}, {}, {}, { mode: 'test', sessionId: 'another' }].map(ask))
    const outcomes = answers.map(({ value }) => value.outcome).toSorted()
    expect(outcomes).toEqual(['accepted', 'accepted', 'rejected', 'rejected', 'rejected'])
    expect(sent()).toHaveLength(before + 2)
  })

  it('changes neither amount, nor invoice, nor payer of what a shop signed, and charges it once', async () => {
    const meant = intent({ merchantId: 'mer_signs' })
    const { invoice } = meant
    const signed = await signIntent(
      { id: 'shop-1', privateKey },
      {
        merchant: 'mer_signs',
        mode: 'test',
        invoice,
        amount: '10.00',
        currency: 'ZMW',
        phoneNumber: STUCK,
        expiresAt: new Date(Date.now() + 300_000),
      },
    )
    const before = sent().length
    const refusedFor = async (over: Record<string, unknown>, because: string) => {
      const fresh = { keyHash: createHash('sha256').update(freshKey()).digest('hex') }
      const { value } = await call('payments', 'begin', { ...meant, ...fresh, intent: signed, ...over })
      expect({ over, value }).toMatchObject({ over, value: { kind: 'sealed', code: `intent_${because}` } })
    }
    const named = (natural: { readonly kind: 'invoice' | 'idempotency_key'; readonly value: string }) => ({
      natural,
      paymentId: decide.paymentId('mer_signs', 'test', natural),
    })
    const [header = '', payload = '', signature = ''] = signed.split('.')
    const altered = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('10.00', '99.00')).toString(
      'base64url',
    )
    const unsigned = Buffer.from('{"alg":"none","kid":"shop-1","typ":"lango-intent+jws"}').toString('base64url')
    await refusedFor({ intent: undefined }, 'missing')
    await refusedFor({ amountMinor: '1001' }, 'amount')
    await refusedFor({ amountMinor: '100000' }, 'amount')
    await refusedFor({ phoneNumber: '260763456789' }, 'payer')
    await refusedFor({ invoice: 'another', ...named({ kind: 'invoice', value: 'another' }) }, 'invoice')
    await refusedFor({ intent: `${unsigned}.${payload}.` }, 'malformed')
    await refusedFor({ intent: `${unsigned}.${payload}.${signature}` }, 'malformed')
    await refusedFor({ intent: `${header}.${altered}.${signature}`, amountMinor: '9900' }, 'signature')
    expect(sent()).toHaveLength(before)

    expect((await call('payments', 'begin', { ...meant, intent: signed })).value.outcome).toBe('accepted')
    expect(sent()).toHaveLength(before + 1)
    // Once more: by another key it is the same payment, under another name it is not what was signed.
    const again = { ...meant, keyHash: createHash('sha256').update(freshKey()).digest('hex'), intent: signed }
    expect((await call('payments', 'begin', again)).value.kind).toBe('existing')
    await refusedFor(named({ kind: 'idempotency_key', value: freshKey() }), 'idempotency_key')
    await refusedFor(named({ kind: 'idempotency_key', value: invoice }), 'idempotency_key')
    expect(sent()).toHaveLength(before + 1)
  })

  it('makes no callback that the vault would believe', async () => {
    const payment = await pending()
    const body = { depositId: payment.reference, status: 'COMPLETED', amount: '15.50', currency: 'ZMW' }
    const callback = {
      v: 1,
      gateway: 'pawapay',
      operation: 'deposits',
      method: 'POST',
      url: `${lango.stack.edgeUrl}/webhooks/pawapay/deposits`,
      headers: [['content-type', 'application/json']],
      bodyBase64: Buffer.from(JSON.stringify(body)).toString('base64'),
    }
    const signature = [
      ...callback.headers,
      ['signature-input', 'sig-pp=("@method" "content-digest");created=1;keyid="HOSTILE"'],
      ['signature', `sig-pp=:${Buffer.alloc(64, 1).toString('base64')}:`],
    ]
    const keys = [{ id: 'HOSTILE', key: 'a key of my own' }]
    for (const over of [
      {},
      { headers: signature },
      { headers: signature, keys },
      { verified: true, authentic: 'signed', callbackMode: 'hint' },
    ]) {
      const { ok, value } = await call('vault', 'verifyCallback', { ...callback, ...over })
      expect({ ok, kind: value?.kind }).toEqual({ ok: true, kind: 'refused' })
    }
    await expectUntouched(payment)
  })

  it('publishes verdicts of its own with the real token, and none does anything', async () => {
    const payment = await pending()
    const text = JSON.stringify(verdictOn(payment))
    const message = (attested: object) => ({ v: 1, kind: 'callback', via: 'qstash', attested: { v: 1, ...attested } })
    const { value: answer } = await call('payments', 'get', payment.id)
    const { expiresAtMs, merchantId, mode, fingerprint, seal } = answer
    const snapshotText = JSON.stringify([expiresAtMs, merchantId, mode, fingerprint, answer.text])
    const other = await paid()
    const { attested } = await trueMessage(other.reference)
    const forgeries = [
      message({ text, mac: '00'.repeat(32), kid: attested.kid }),
      message({ text, mac: attested.mac, kid: attested.kid }),
      // The seal of a snapshot is by the same key, and says something else.
      message({ text, ...seal }),
      message({ text: snapshotText, ...seal }),
      {
        ...message({ text, mac: attested.mac, kid: attested.kid }),
        verdict: verdictOn(payment),
        paymentId: payment.id,
      },
    ]
    for (const forgery of forgeries) expect(await publish('callback', forgery)).toBe(489)
    // The nudge that anybody may give: the object says that nothing is due.
    expect(await publish('fulfilment', { v: 1, kind: 'fulfilment', via: 'outbox', paymentId: payment.id })).toBe(200)
    expect(lango.logs.filter((line) => line.includes('forged_attestation')).length).toBeGreaterThanOrEqual(
      forgeries.length,
    )
    await expectUntouched(payment)
  })

  it('replays a true verdict, which stays one about its own payment', async () => {
    const [mine, other] = [await pending(), await paid()]
    const message = await trueMessage(other.reference)
    const about = JSON.parse(message.attested.text)
    expect(about).toMatchObject({ paymentId: other.id, reference: other.reference, outcome: 'succeeded' })
    const moved = { ...about, paymentId: mine.id, reference: mine.reference }
    const rewritten = { ...message.attested, text: JSON.stringify(moved) }
    expect(await publish('callback', { ...message, attested: rewritten })).toBe(489)
    const [entries, orders] = [await rows('ledger_entries'), await rows('orders')]
    // As it is, with all around it that is not covered by the core's MAC.
    const around = { ...message, via: 'sweep', paymentId: mine.id, reference: mine.reference, attempt: 1 }
    expect(await publish('callback', around)).toBe(200)
    expect([await rows('ledger_entries'), await rows('orders')]).toEqual([entries, orders])
    await expectUntouched(mine)
    await expectLedger(lango, [other.reference])
  })

  it('signs as the queue with the keys that its token opens, and still is not believed', async () => {
    const payment = await pending()
    const { qstash, consumerUrl } = lango.stack
    const keys = await master.order(lango, 'fetch', {
      url: `${qstash.url}/v2/keys`,
      init: { headers: { authorization: `Bearer ${qstash.token}` } },
    })
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const deliver = async (kind: string, message: object): Promise<number> => {
      const url = `${consumerUrl}/deliveries/${kind}`
      const body = JSON.stringify(message)
      const nowS = Math.floor(Date.now() / 1000)
      const claims = { iss: 'Upstash', sub: url, iat: nowS, nbf: nowS - 1, exp: nowS + 300, jti: freshKey() }
      const digest = createHash('sha256').update(body).digest('base64url')
      const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, body: digest })}`
      const mac = createHmac('sha256', JSON.parse(keys.value.text).current).update(signed).digest('base64url')
      const headers = { 'upstash-signature': `${signed}.${mac}`, 'content-type': 'application/json' }
      return (await master.order(lango, 'fetch', { url, init: { method: 'POST', headers, body } })).value.status
    }
    const text = JSON.stringify(verdictOn(payment))
    const attested = { v: 1, text, mac: 'ab'.repeat(32), kid: '00000000' }
    expect(await deliver('callback', { v: 1, kind: 'callback', via: 'qstash', attested })).toBe(489)
    expect(await deliver('fulfilment', { v: 1, kind: 'fulfilment', via: 'qstash', paymentId: payment.id })).toBe(200)
    await expectUntouched(payment)
  })

  it('has no way into what people run the deployment by', async () => {
    const { consumerUrl, qstash, redis: store, secretKey } = lango.stack
    for (const token of [qstash.token, store.token, secretKey, loadSecrets(lango.stack.stateDir).fingerprintKey]) {
      const asked = await master.order(lango, 'fetch', {
        url: `${consumerUrl}/operator/dlq`,
        init: { headers: { authorization: `Bearer ${token}` } },
      })
      expect(asked.value.status).toBe(401)
    }
  })

  it('writes "paid" into Redis, and nobody believes it', async () => {
    const payment = await pending()
    const key = `lango:test:s:${payment.id}`
    const stored = await eventually(async () => {
      await lango.get(payment.id)
      return ((await redis('get', key)) as string | null) ?? undefined
    })
    // Not to be turned away for its age alone.
    const snapshot = { ...JSON.parse(stored.slice(15)), expiresAtMs: Date.now() + 3_600_000 }
    const text = JSON.stringify({
      ...JSON.parse(snapshot.text),
      status: 'succeeded',
      fulfilment: { status: 'fulfilled' },
    })
    const other = await paid()
    const { value: ofAnother } = await call('payments', 'get', other.id)
    const { attested } = await trueMessage(other.reference)
    for (const forged of [
      { ...snapshot, text },
      { ...snapshot, text, final: true, seal: ofAnother.seal },
      { ...snapshot, text, final: true, seal: { mac: attested.mac, kid: attested.kid } },
      ofAnother,
    ]) {
      await redis('set', key, `${'9'.repeat(15)}${JSON.stringify(forged)}`, 'px', 60_000)
      for (const seen of [await lango.get(payment.id), await lango.pay(payment.body)])
        expect(seen.body).toMatchObject({ id: payment.id, status: 'pending', fulfilment: { status: 'none' } })
    }
    await expectUntouched(payment)
  })
})

describe('what remains to a hostile dependency in the edge', () => {
  it('sees what passes: phone numbers, API keys, webhook secrets as they are made', async () => {
    await lango.pay(order({ phoneNumber: STUCK }))
    const owner = { merchantId: 'mer_dev', mode: 'test' }
    const headers = { authorization: `Bearer ${lango.stack.secretKey}`, 'content-type': 'application/json' }
    const endpoints = `${lango.stack.edgeUrl}/v1/webhook-endpoints`
    const body = JSON.stringify({ url: `${master.url}/hook` })
    const created = await json(await fetch(endpoints, { method: 'POST', headers, body }))
    const loot = await look()
    const forms = [
      ...numberForms(STUCK),
      ...formsOf('the API key', lango.stack.secretKey),
      ...formsOf("the webhook's secret", created.body.secret),
    ]
    const names = ['a phone number', 'the API key', "the webhook's secret"].map((name) => `loot: ${name}`)
    expect(stolen(loot, forms)).toEqual(expect.arrayContaining(names))
    // What is listed has no secret; of a live one none is told again after an hour (consumer/webhooks.test.ts).
    const listed = await call('consumer', 'webhookEndpoints', owner)
    expect(JSON.stringify(listed)).toContain(created.body.id)
    expect(JSON.stringify(listed)).not.toContain('whsec_')
    await fetch(`${endpoints}/${created.body.id}`, { method: 'DELETE', headers })
    // By the consumer's binding, whosever they are: views with masked numbers.
    const found = await call('consumer', 'findPayments', { ...owner, limit: 10 })
    expect(found).toMatchObject({ ok: true, value: { positions: expect.any(Array) } })
    const [{ paymentId }] = found.value.positions
    expect((await call('payments', 'get', paymentId)).value.text).toContain('••••')
  })

  it('begins payments that nobody asked for, within the policy, and each must be approved on a phone', async () => {
    const wanted = intent({ amountMinor: '20000' })
    const begun = await call('payments', 'begin', wanted)
    expect(begun).toMatchObject({ ok: true, value: { kind: 'started', outcome: 'accepted' } })
    const { reference } = (await stateOf(wanted.paymentId))?.attempts[0] ?? { reference: '' }
    expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 0 })
    expect(sent().at(-1)?.body).toContain('"amount":"200"')
  })

  it('lies in what the edge itself answers; the object, the ledger and the events know better', async () => {
    const payment = await pending()
    const events = await rows('events')
    await tamper([['"status":"pending"', '"status":"succeeded"']])
    const told = await lango.get(payment.id)
    await tamper([])
    expect(told.body.status).toBe('succeeded')
    expect((await lango.get(payment.id)).body.status).toBe('pending')
    await expectUntouched(payment)
    expect(await rows('events')).toBe(events)
  })

  it("keeps callbacks from the queue: they wait in the object's outbox, and the payment is paid all the same", async () => {
    await tamper([], '/v2/publish')
    const answer = await lango.pay(order())
    const { reference } = answer.body.attempts[0]
    await eventually(() => atGateway(lango, reference).captures === 1)
    await lango.until(answer.body.id, ({ fulfilment }) => fulfilment.deliveredVia === 'outbox', 40_000)
    await tamper([])
    await expectLedger(lango, [reference])
  })

  it("uses the edge's own tokens: it empties Redis and publishes to any address", async () => {
    const payment = await pending()
    await redis('flushall')
    expect(await lango.pay(payment.body)).toMatchObject({ status: 202, body: { id: payment.id, status: 'pending' } })
    const { qstash } = lango.stack
    const published = await master.order(lango, 'fetch', {
      url: `${qstash.url}/v2/publish/${master.url}/anything`,
      init: { method: 'POST', headers: { authorization: `Bearer ${qstash.token}` }, body: 'of my choice' },
    })
    expect(published.value.status).toBe(200)
    await eventually(() => master.strays().includes('POST /anything of my choice'))
    await expectUntouched(payment)
  })
})
