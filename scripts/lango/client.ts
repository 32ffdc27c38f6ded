export interface OperatorClient {
  /** JSON of a 2xx; throws an error that says what was asked, what came, and what to do. */
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', target: string, body?: unknown): Promise<unknown>
}

export const createOperatorClient = (origin: string, key: string): OperatorClient => ({
  async call(method, target, body) {
    const url = `${origin}/operator${target}`
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      const why = error.cause instanceof Error ? error.cause.message : error.message
      throw new Error(
        `${method} ${url}: nobody answers (${why}). Is the stack running (npm start), or is --url another?`,
      )
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  },
})
