import { createD1WebhookDeliveries } from '../adapters/d1-webhook-deliveries.ts'
import { createResolver } from '../adapters/dns-over-https.ts'
import { createKeptPublisher } from '../adapters/qstash-publish.ts'
import { createWebhookSender } from '../adapters/webhook-send.ts'
import type { WebhooksForEdge } from '../contracts/webhooks.ts'
import type { DeliverNotificationPorts } from '../flows/deliver-notification.ts'
import { createWebhookSecrets } from '../flows/webhook-secret.ts'
import type { UrlPolicy } from '../flows/webhook-url.ts'
import type { ConsumerSettings } from './env.ts'
import { describeError, log } from './log.ts'
import { createNotifier, type Notify } from './notify.ts'
import { createShopWebhooks } from './shop-webhooks.ts'

const nowMs = (): number => Date.now()

export const notifierOf = ({ qstash, consumerOrigin }: ConsumerSettings): Notify =>
  createNotifier(
    createKeptPublisher({
      ...qstash,
      consumerOrigin,
      onFailure: (error) => log({ event: 'publish_failed', error: describeError(error) }),
    }),
  )

const policyOf = ({ environment, publicOrigin, consumerOrigin }: ConsumerSettings): UrlPolicy => ({
  ownOrigins: [publicOrigin, consumerOrigin],
  loopbackAllowed: environment === 'development',
})

export const notificationPortsOf = (settings: ConsumerSettings): DeliverNotificationPorts => ({
  store: createD1WebhookDeliveries(settings.database),
  secret: createWebhookSecrets(settings.webhookKey),
  policy: policyOf(settings),
  send: createWebhookSender(nowMs),
  notify: notifierOf(settings),
  alert: (code, about) => log({ event: 'alert', code, ...about }),
  nowMs,
  random: Math.random,
})

export const shopWebhooksOf = (settings: ConsumerSettings): WebhooksForEdge =>
  createShopWebhooks({
    database: settings.database,
    secret: createWebhookSecrets(settings.webhookKey),
    policy: policyOf(settings),
    resolve: createResolver(),
    notify: notifierOf(settings),
    nowMs,
  })
