/** What a shop does with one request; the last one stands for all that follow. */
export interface ShopAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Before it answers. */
  readonly delayMs?: number
}

/** One request as a shop got it. */
export interface ShopRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const SHOPS_CONTROL = 'http://shops.control'
