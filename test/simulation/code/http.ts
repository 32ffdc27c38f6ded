/** Requests and answers as the routes use them. The platform's own cost several times more than all else in a request. */

type Pairs = Iterable<readonly [string, string]>

export class LightHeaders {
  readonly #values = new Map<string, string>()

  constructor(init?: LightHeaders | Pairs | Readonly<Record<string, string>>) {
    if (!init) return
    const pairs = Symbol.iterator in init ? (init as Pairs) : Object.entries(init)
    for (const [name, value] of pairs) this.append(name, value)
  }
  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null
  }
  has(name: string): boolean {
    return this.#values.has(name.toLowerCase())
  }
  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), String(value))
  }
  append(name: string, value: string): void {
    const before = this.get(name)
    this.set(name, before === null ? value : `${before}, ${value}`)
  }
  delete(name: string): void {
    this.#values.delete(name.toLowerCase())
  }
  entries(): IterableIterator<[string, string]> {
    return this.#values.entries()
  }
  keys(): IterableIterator<string> {
    return this.#values.keys()
  }
  forEach(visit: (value: string, name: string) => void): void {
    for (const [name, value] of this.#values) visit(value, name)
  }
  getSetCookie(): string[] {
    return []
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#values.entries()
  }
}

type Init = { readonly status?: number; readonly headers?: LightHeaders | Readonly<Record<string, string>> }

export class LightResponse {
  readonly body: string | null
  readonly status: number
  readonly headers: LightHeaders

  constructor(body: string | null = null, init: Init = {}) {
    this.body = body
    this.status = init.status ?? 200
    this.headers = new LightHeaders(init.headers)
  }
  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }
}

const encoder = new TextEncoder()

/** A request whose body comes in one piece. */
export const lightRequest = (
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  text?: string,
): Request => {
  let left = text === undefined ? undefined : encoder.encode(text)
  const body = {
    getReader: () => ({
      read: async () => {
        const value = left
        left = undefined
        return value ? { done: false, value } : { done: true, value: undefined }
      },
      cancel: async () => {},
    }),
  }
  const request = { method, url, headers: new LightHeaders(headers), body: text === undefined ? null : body }
  return request as unknown as Request
}
