/** Starts the shop: `LANGO_URL`, `LANGO_KEY`, `LANGO_SHOP_PORT`, `LANGO_SHOP_DATABASE`, `LANGO_WEBHOOK_SECRET`. */
import { DatabaseSync } from 'node:sqlite'
import { serve } from '@hono/node-server'
import { createLango, type Lango } from '@lango/sdk'
import { keysIn, openOrders } from './orders.ts'
import { createShop } from './shop.ts'

const {
  LANGO_URL = 'http://127.0.0.1:8787',
  LANGO_KEY = 'sk_test_lango_dev',
  LANGO_SHOP_PORT = '8095',
  LANGO_SHOP_DATABASE = 'shop.sqlite',
  LANGO_WEBHOOK_SECRET,
} = process.env
const origin = `http://127.0.0.1:${LANGO_SHOP_PORT}`

/**
 * In development the shop makes its own endpoint. The key names it by its address: a restart finds the same endpoint with
 * the same secret. In production it is made once, and its secret comes with the deployment.
 */
const ownSecret = async (lango: Lango): Promise<string> => {
  const url = `${origin}/hooks/lango`
  const made = await lango.webhookEndpoints.create(
    { url, description: 'the example shop' },
    { idempotencyKey: `example-shop-${url}` },
  )
  if (!made.ok) {
    console.error(`Lango at ${LANGO_URL} made no webhook endpoint: ${made.error.message}`)
    process.exit(1)
  }
  if (made.value.status === 'disabled') await lango.webhookEndpoints.enable(made.value.id)
  return made.value.secret
}

const database = new DatabaseSync(LANGO_SHOP_DATABASE)
const orders = openOrders(database)
const lango = createLango({ baseUrl: LANGO_URL, apiKey: LANGO_KEY, keys: keysIn(database) })
const webhookSecret = LANGO_WEBHOOK_SECRET ?? (await ownSecret(lango))
const shop = createShop({ lango, orders, database, origin, webhookSecret })
const server = serve({ fetch: shop.fetch, hostname: '127.0.0.1', port: Number(LANGO_SHOP_PORT) }, () =>
  console.log(`The shop is open: ${origin}`),
)
server.once('error', (error: NodeJS.ErrnoException) => {
  console.error(
    error.code === 'EADDRINUSE' ? `Port ${LANGO_SHOP_PORT} is taken: set LANGO_SHOP_PORT to another.` : error.message,
  )
  process.exit(1)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))
// Of the channel to `npm start`, where there is one.
process.once('disconnect', () => process.exit(0))
