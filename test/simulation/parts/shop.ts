import type { PaymentView } from '../../../src/domain/payment.ts'
import type { LightResponse } from '../code/http.ts'
import { lightRequest } from '../code/http.ts'
import { isDown, OUTSIDE, type World } from '../world.ts'

export interface Merchant {
  readonly id: string
  readonly apiKey: string
}

export const MERCHANTS: readonly [Merchant, ...Merchant[]] = [
  { id: 'mer_simulated_one', apiKey: 'sk_test_simulated_one' },
  { id: 'mer_simulated_two', apiKey: 'sk_test_simulated_two' },
]

interface Provider {
  /** Named to us; empty: to be told from the number. */
  readonly code: string
  readonly currency: string
  readonly decimals: number
  /** What its customers' numbers begin with. */
  readonly phone: string
  /** What else its customers may choose to pay with. */
  readonly other?: string
}

const FROM_THE_NUMBER: readonly [Provider, ...Provider[]] = [
  { code: '', currency: 'ZMW', decimals: 2, phone: '26076345' },
  { code: '', currency: 'XAF', decimals: 0, phone: '23765345' },
]

/** Of each of them three of the gateways or more know how to reach the customers. */
export const PROVIDERS: readonly [Provider, ...Provider[]] = [
  { code: 'MTN_MOMO_ZMB', currency: 'ZMW', decimals: 2, phone: '26076345', other: 'AIRTEL_OAPI_ZMB' },
  { code: 'MTN_MOMO_CMR', currency: 'XAF', decimals: 0, phone: '23765345', other: 'ORANGE_CMR' },
  { code: 'MTN_MOMO_GHA', currency: 'GHS', decimals: 2, phone: '23324412', other: 'VODAFONE_GHA' },
  { code: 'WAVE_CIV', currency: 'XOF', decimals: 0, phone: '225070912', other: 'ORANGE_CIV' },
]

/** What a shop wants paid, as it asks for it. */
interface Order {
  readonly invoice: string
  readonly amountMinor: string
  readonly currency: string
  readonly decimals: number
  readonly phone: string
  readonly provider: string
  readonly sessionId: string
  readonly repeats: boolean
}

interface Answer {
  readonly http: number
  readonly view: PaymentView | null
}

/** The far side of our edge. `null`: no answer. */
export type Fetch = (request: Request) => Promise<LightResponse | null>
/** What a thief does who reads over the shop's shoulder. */
export type Thief = (view: PaymentView) => void

const decimal = (minor: string, decimals: number): string =>
  decimals === 0 ? minor : `${minor.slice(0, -decimals) || '0'}.${minor.slice(-decimals).padStart(decimals, '0')}`

/** Minor units of an amount that we have printed: always with all decimals of its currency. */
const minorOf = (amount: string): string => BigInt(amount.replace('.', '')).toString()

const isOver = (view: PaymentView): boolean => ['succeeded', 'failed', 'expired', 'review'].includes(view.status)

/** One shop that wants one invoice paid, by a customer who clicks twice, gives up, comes back and tries again. */
export const createShop = (world: World, fetch: Fetch, thief: Thief) => {
  const { scheduler, random, faults, notes } = world
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      scheduler.after(ms, OUTSIDE, resolve)
    })

  /** Asks, and waits no longer than `patienceMs`. */
  const exchange = (request: Request, patienceMs: number): Promise<LightResponse | null> =>
    new Promise((resolve) => {
      const giveUp = scheduler.after(patienceMs, OUTSIDE, () => resolve(null))
      if (isDown(world, 'edge_down') || faults.strikes('request_lost')) return
      void fetch(request).then((response) => {
        if (response && faults.strikes('answer_lost')) return
        giveUp()
        resolve(response)
      })
    })

  const tell = (view: PaymentView, askedAt: number): void => {
    notes.told.push({
      at: scheduler.nowMs,
      askedAt,
      paymentId: view.id,
      status: view.status,
      amountMinor: minorOf(view.amount),
      currency: view.currency,
      attempts: view.attempts.map(({ n, reference, status }) => ({ n, reference, status })),
    })
    notes.tell(scheduler.nowMs, view.id, () => `shop is told ${view.status}, ${view.attempts.length} attempts`)
    if (faults.strikes('callback_forged') || faults.strikes('queue_forged')) thief(view)
  }

  const post = async (merchant: Merchant, order: Order, key: string): Promise<Answer | null> => {
    const at = scheduler.nowMs
    const { amountMinor, currency, phone } = order
    const body = {
      sessionId: order.sessionId,
      ...(order.repeats ? { allowRepeat: true } : {}),
      invoice: order.invoice,
      amount: decimal(amountMinor, order.decimals),
      currency,
      phoneNumber: `+${phone}`,
      ...(order.provider === '' ? {} : { provider: order.provider }),
    }
    const headers = {
      authorization: `Bearer ${merchant.apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': key,
      prefer: `wait=${random.pick([0, 1, 5, 5, 10, 30])}`,
    }
    const request = lightRequest('POST', 'https://pay.example.com/v1/payments', headers, JSON.stringify(body))
    const asked = {
      at,
      merchant: merchant.id,
      natural: order.repeats ? `key ${key}` : order.invoice,
      key,
      amountMinor,
      currency,
      content: [order.invoice, phone, ...(order.provider === '' ? [] : [order.provider])].join(' '),
    }
    const response = await exchange(request, random.chance(0.15) ? random.between(300, 3_000) : 40_000)
    if (!response) {
      notes.asked.push(asked)
      return null
    }
    const said = JSON.parse(response.body ?? '{}') as Record<string, unknown>
    const isView = response.ok && typeof said['id'] === 'string'
    const paymentId = isView ? said['id'] : said['paymentId']
    notes.asked.push({
      ...asked,
      answeredAt: scheduler.nowMs,
      http: response.status,
      ...(typeof said['code'] === 'string' ? { code: said['code'] } : {}),
      ...(typeof paymentId === 'string' ? { paymentId } : {}),
      ...(Array.isArray(said['attempts']) ? { attempts: said['attempts'].length } : {}),
    })
    notes.tell(
      scheduler.nowMs,
      order.invoice,
      () => `POST with ${key}: ${response.status} ${said['code'] ?? ''} ${paymentId ?? ''}`,
    )
    if (!isView) return { http: response.status, view: null }
    const view = said as unknown as PaymentView
    tell(view, at)
    return { http: response.status, view }
  }

  const get = async (merchant: Merchant, id: string): Promise<PaymentView | null> => {
    const at = scheduler.nowMs
    const headers = { authorization: `Bearer ${merchant.apiKey}` }
    const response = await exchange(lightRequest('GET', `https://pay.example.com/v1/payments/${id}`, headers), 10_000)
    if (!response?.ok) return null
    const view = JSON.parse(response.body ?? '{}') as PaymentView
    tell(view, at)
    return view
  }

  /** Looks until it is over, or the customer leaves. */
  const watch = async (merchant: Merchant, seen: PaymentView): Promise<PaymentView> => {
    let view = seen
    for (let looks = random.int(4); looks > 0 && !isOver(view); looks--) {
      await wait(random.chance(0.1) ? random.between(600_000, 3_600_000) : random.between(1_000, 120_000))
      view = (await get(merchant, view.id)) ?? view
    }
    return view
  }

  /** What people do who want to know it for certain, or want something for nothing. */
  const test = async (merchant: Merchant, order: Order, key: string): Promise<void> => {
    const other = { ...order, amountMinor: String(BigInt(order.amountMinor) + 1n), sessionId: 'another' }
    switch (random.int(4)) {
      case 0:
        return void (await post(merchant, order, key))
      case 1:
        return void (await post(merchant, order, `${key}-again`))
      case 2:
        return void (await post(merchant, other, key))
      default:
        return void (await post(merchant, other, `${key}-other`))
    }
  }

  return {
    async buy(i: number, arrivesInMs: number): Promise<void> {
      const merchant = MERCHANTS[i % MERCHANTS.length] as Merchant
      const { code, currency, decimals, phone, other } = random.pick(
        world.gateways.length > 0 ? PROVIDERS : FROM_THE_NUMBER,
      )
      let order: Order = {
        // Both merchants use the same names.
        invoice: `INV-${i >> 1}`,
        amountMinor: String(random.between(2, 90_000) * 100),
        currency,
        decimals,
        phone: `${phone}${String(1000 + i).slice(-4)}`,
        provider: code,
        sessionId: 'phone',
        repeats: random.chance(0.05),
      }
      await wait(arrivesInMs)
      let key = `key-${i}`
      let changes = 0
      const freshKey = () => `key-${i}-${++changes}`
      if (random.chance(0.15)) {
        const second = random.chance(0.5) ? key : freshKey()
        void post(merchant, { ...order, sessionId: 'laptop' }, second)
        await wait(random.int(400))
        if (random.chance(0.4)) key = second
      }
      for (let tries = 0; tries < 6; tries++) {
        let answer = await post(merchant, order, key)
        if (!answer || answer.http >= 429) {
          if (random.chance(0.15)) break
          await wait(random.between(500, random.chance(0.1) ? 1_200_000 : 30_000))
          if (random.chance(0.3)) key = freshKey()
          continue
        }
        if (random.chance(0.08)) {
          // Somebody's HTTP library takes a new key for each try, and has not seen that it was answered.
          key = freshKey()
          await wait(random.int(2_500))
          answer = (await post(merchant, order, key)) ?? answer
        }
        if (answer.view) answer = { ...answer, view: await watch(merchant, answer.view) }
        if (random.chance(0.1)) await test(merchant, order, key)
        if (
          other !== undefined &&
          answer.view &&
          !isOver(answer.view) &&
          random.chance(code === 'WAVE_CIV' ? 0.7 : 0.2)
        ) {
          // Tired of waiting, the customer would rather pay with something else.
          order = { ...order, provider: order.provider === code ? other : code }
          key = freshKey()
          continue
        }
        const failed = answer.http === 422 || answer.view?.status === 'failed'
        if (!failed || random.chance(0.4)) break
        await wait(random.between(500, 600_000))
        if (random.chance(0.8)) key = freshKey()
      }
      if (random.chance(0.06)) {
        const hours = random.pick([25, 32 * 24])
        await wait(hours * 3_600_000)
        faults.happened(hours === 25 ? 'key_after_a_day' : 'key_after_a_month')
        await post(merchant, order, key)
      }
    },
  }
}
