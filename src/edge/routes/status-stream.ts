/** What a page should show: another tag is another page. */
export interface Standing {
  readonly tag: string
  /** While it is, there is something to wait for. */
  readonly isOpen: boolean
}

/**
 * After the last the stream ends, and the browser opens the next one: no request lives for ever, and a platform counts the Workers
 * that one request calls; each look may take three.
 */
const PAUSES_MS = [1_000, 1_500, 2_000, 2_500, ...Array<number>(5).fill(3_000)]
const RECONNECT_MS = 2_000

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Server-sent events (HTML standard §9.2): the tag of the page every few seconds, changed or not, so that silence always means
 * a broken line. `read` answers null when the state cannot be had just now.
 */
export const statusStream = (read: () => Promise<Standing | null>): Response => {
  const encoder = new TextEncoder()
  let isGone = false
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const say = (text: string) => controller.enqueue(encoder.encode(text))
      say(`retry: ${RECONNECT_MS}\n\n`)
      for (const pauseMs of PAUSES_MS) {
        const standing = await read()
        if (isGone) return
        if (standing) say(`data: ${standing.tag}\n\n`)
        if (standing?.isOpen === false) break
        await sleep(pauseMs)
        if (isGone) return
      }
      controller.close()
    },
    cancel() {
      isGone = true
    },
  })
  return new Response(stream, {
    headers: {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
      'X-Content-Type-Options': 'nosniff',
    },
  })
}
