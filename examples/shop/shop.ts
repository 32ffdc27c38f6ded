/**
 * A storefront that sells through Lango: an order, a checkout, a webhook. Everything that a real one does and nothing that
 * has to do with looks.
 */
import type { DatabaseSync } from 'node:sqlite'
import { fulfilOnce, type Lango, sqliteOnceStore, verifyWebhook } from '@lango/sdk'
import { Hono } from 'hono'
import type { Orders } from './orders.ts'
import { orderPage, ordersPage, shopPage, sorryPage } from './pages.ts'
import { PRODUCTS } from './products.ts'

export interface ShopDeps {
  readonly lango: Lango
  readonly orders: Orders
  /** The orders' own: the note that one was fulfilled changes with the order. */
  readonly database: DatabaseSync
  /** Where customers reach this shop. */
  readonly origin: string
  /** `whsec_…` of its endpoint. */
  readonly webhookSecret: string
}

export const createShop = ({ lango, orders, database, origin, webhookSecret }: ShopDeps) => {
  const once = sqliteOnceStore(database)
  return new Hono()
    .get('/', (c) => c.html(shopPage()))
    .post('/buy', async (c) => {
      const { product: id } = await c.req.parseBody()
      const product = PRODUCTS.find((each) => each.id === id)
      if (!product) return c.html(sorryPage('There is no such product.'), 404)
      const order = orders.open(product)
      const checkout = await lango.checkouts.create({
        invoice: order,
        amount: product.amount,
        currency: product.currency,
        description: product.name,
        returnUrl: `${origin}/orders/${order}`,
      })
      if (!checkout.ok) {
        console.error(checkout.error)
        return c.html(sorryPage('Paying is not possible now. Please try again in a moment.'), 503)
      }
      orders.offer(order, checkout.value.url)
      return c.redirect(checkout.value.url, 303)
    })
    .get('/orders', (c) => c.html(ordersPage(orders.latest())))
    .get('/orders/:id', (c) => {
      const order = orders.find(c.req.param('id'))
      return order ? c.html(orderPage(order)) : c.html(sorryPage('There is no such order.'), 404)
    })
    .post('/hooks/lango', async (c) => {
      const delivery = await verifyWebhook({
        headers: c.req.raw.headers,
        body: await c.req.text(),
        secret: webhookSecret,
      })
      if (!delivery.ok) return c.json({ error: delivery.error.reason }, 400)
      const event = delivery.value
      await fulfilOnce(once, event, (payment) => {
        // Money that is not the order's price is for a person to look at.
        if (!orders.fulfil(payment)) console.error(`${payment.id} is not what ${payment.invoice} costs`)
      })
      if (event.type === 'payment.failed') orders.fail(event.data.invoice ?? '')
      return c.json({ applied: true })
    })
}
