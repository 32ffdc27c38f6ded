import type { GatewayRequest, GatewayResponse } from '../contracts/vault-core.ts'

/** `foreign`: the request was for another origin than the gateway's; nothing was sent. */
export type Exchanged = GatewayResponse | { readonly kind: 'foreign' }

/**
 * Sends one request, as it is, once. Never throws. Whatever goes wrong after it may have left is `no_response`: workerd
 * cannot tell a refused connection from one that broke after the request was read, so nobody here tries to (T16).
 */
export type Exchange = (request: GatewayRequest, timeoutMs: number) => Promise<Exchanged>

export const BODY_BYTES_MAX = 64 * 1024

/** Reads at most 64 KiB; decompression, if any, has happened before the count. */
const readBody = async (response: Response): Promise<{ readonly body: string; readonly truncated: boolean }> => {
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader()
  const decoder = new TextDecoder()
  let room = BODY_BYTES_MAX
  let body = ''
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    body += decoder.decode(value.subarray(0, room), { stream: true })
    if (value.byteLength > room) {
      await reader.cancel()
      return { body, truncated: true }
    }
    room -= value.byteLength
  }
  return { body: body + decoder.decode(), truncated: false }
}

/** `origins`: the only ones that anything is sent to, checked here again although the core builds nothing else. */
export const createTransport =
  (origins: readonly string[], fetcher: (url: string, init: RequestInit) => Promise<Response>): Exchange =>
  async (request, timeoutMs) => {
    if (!URL.canParse(request.url) || !origins.includes(new URL(request.url).origin)) return { kind: 'foreign' }
    const abort = new AbortController()
    // One deadline for the whole answer: a body that drips is as late as one that never comes.
    let expired = false
    const timer = setTimeout(() => {
      expired = true
      abort.abort()
    }, timeoutMs)
    try {
      // failPoint('vault_fetching')
      const response = await fetcher(request.url, {
        method: request.method,
        headers: request.headers.map(([name, value]) => [name, value]),
        // A redirect is an answer like any other: followed, it would carry signature and token elsewhere.
        redirect: 'manual',
        signal: abort.signal,
        ...(request.body === null ? {} : { body: request.body }),
      })
      const { body, truncated } = await readBody(response)
      // failPoint('vault_fetched')
      return {
        kind: 'response',
        status: response.status,
        contentType: response.headers.get('Content-Type') ?? '',
        body,
        truncated,
      }
    } catch {
      return { kind: 'no_response', reason: expired ? 'timeout' : 'network' }
    } finally {
      clearTimeout(timer)
    }
  }
