/** Stands in for `@upstash/redis/cloudflare`: the calls that our adapter makes, carried to the simulated Redis. */
interface Options {
  readonly signal: () => { readonly afterMs: number }
}

interface Wired {
  readonly langoRedis: {
    eval(script: string, keys: readonly string[], args: readonly string[], timeoutMs: number): Promise<unknown>
  }
}

export class Redis {
  readonly #options: Options
  constructor(options: Options) {
    this.#options = options
  }
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return (globalThis as unknown as Wired).langoRedis.eval(script, keys, args, this.#options.signal().afterMs)
  }
}
