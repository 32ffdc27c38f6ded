import type { QstashMessage } from '../../../src/adapters/qstash-message.ts'

/** What the simulated queue looks at of a message. */
export type Publish = Pick<QstashMessage, 'url' | 'body' | 'deduplicationId'>

interface Wired {
  readonly langoQueue: { publish(message: Publish): Promise<{ messageId: string }> }
}

/** Stands in for our own: its messages are carried to the simulated queue. */
export const createQstashMessages =
  () =>
  (message: QstashMessage): Promise<{ messageId: string }> =>
    (globalThis as unknown as Wired).langoQueue.publish(message)
