/** One message, and how it is to be delivered. Times in seconds, as QStash takes them. */
export interface QstashMessage {
  /** Where QStash delivers it. */
  readonly url: string
  readonly body: string
  readonly deduplicationId: string
  /** Delivered no sooner than that. */
  readonly delayS?: number
  /** One delivery, answer included. */
  readonly timeoutS: number
  readonly retries: number
  readonly failureCallback: string
  readonly flow: { readonly key: string; readonly parallelism: number }
  readonly label: string
}

/**
 * `POST /v2/publish/{destination}` (upstash.com/docs/qstash/api-reference/messages/publish-a-message): what is to be done with a
 * message is said by headers, and headers are hidden in QStash's own log. Not the body: it holds no
 * number and no secret, and a dead letter of which only a digest is left is lost.
 *
 * Not by the SDK, as a callback waits for this: docs/decisions/0015. Rejects when QStash does not say that it has it; it may have.
 */
export const createQstashMessages = ({ url: given, token }: { readonly url: string; readonly token: string }) => {
  const base = given.replace(/\/$/, '')
  return async (message: QstashMessage): Promise<{ readonly messageId: string }> => {
    const { url, body, deduplicationId, delayS, timeoutS, retries, failureCallback, flow, label } = message
    const response = await fetch(`${base}/v2/publish/${url}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'Upstash-Method': 'POST',
        'Upstash-Deduplication-Id': deduplicationId,
        'Upstash-Timeout': `${timeoutS}s`,
        'Upstash-Retries': String(retries),
        'Upstash-Failure-Callback': failureCallback,
        'Upstash-Flow-Control-Key': flow.key,
        'Upstash-Flow-Control-Value': `parallelism=${flow.parallelism}`,
        'Upstash-Label': label,
        'Upstash-Redact-Fields': 'header',
        ...(delayS ? { 'Upstash-Delay': `${delayS}s` } : {}),
      },
      body,
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new Error(`QStash answered ${response.status}`)
    }
    const { messageId } = (await response.json()) as { readonly messageId?: unknown }
    if (typeof messageId !== 'string') throw new Error('QStash named no message')
    return { messageId }
  }
}
