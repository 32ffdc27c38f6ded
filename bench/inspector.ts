/** The inspector protocol of one isolate (chromedevtools.github.io/devtools-protocol), as far as the bench asks. */
export interface Inspector {
  readonly worker: string
  send<Answer>(method: string, params?: Readonly<Record<string, unknown>>): Promise<Answer>
  close(): void
}

interface Message {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

const PATIENCE_MS = 60_000

/** `url`: as Miniflare gives it, `ws://127.0.0.1:<port>/`. One inspector per Worker whose name is asked for. */
export const openInspector = async (url: string, worker: string): Promise<Inspector> => {
  const socket = new WebSocket(new URL(`/core:user:${worker}`, url))
  const waiting = new Map<number, (message: Message) => void>()
  let last = 0
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error(`no inspector of ${worker} at ${url}`)), { once: true })
  })
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id === undefined) return
    waiting.get(message.id)?.(message)
    waiting.delete(message.id)
  })
  return {
    worker,
    send: <Answer>(method: string, params: Readonly<Record<string, unknown>> = {}) =>
      new Promise<Answer>((resolve, reject) => {
        const id = ++last
        const timer = setTimeout(() => reject(new Error(`${method} of ${worker}: no answer`)), PATIENCE_MS)
        waiting.set(id, ({ result, error }) => {
          clearTimeout(timer)
          if (error) reject(new Error(`${method}: ${error.message}`))
          else resolve(result as Answer)
        })
        socket.send(JSON.stringify({ id, method, params }))
      }),
    close: () => socket.close(),
  }
}
