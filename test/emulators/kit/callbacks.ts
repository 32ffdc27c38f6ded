import { post } from './callback-post.ts'
import type { VirtualClock } from './clock.ts'

/** One try to deliver one callback. `status` 0: no answer. */
export interface CallbackTry {
  readonly reference: string
  readonly url: string
  /** 1 for the first try of this callback. */
  readonly attempt: number
  readonly status: number
  /** Virtual time at which the try began. */
  readonly atMs: number
  /** The same moment by the wall clock. */
  readonly sentAtMs: number
  readonly body: string
}

/** How callbacks reach the shop, or do not. */
export interface CallbackPersona {
  readonly withholdCallbacks: boolean
  /** Each is sent that many times, at once. */
  readonly duplicateCallbacks: number
  /** `forged`: by somebody who does not know the secret. */
  readonly callbackAuthentication: 'genuine' | 'forged' | 'unsigned'
}

export interface Callbacks {
  /** Resolves after the first try of each copy. */
  deliver(
    reference: string,
    persona: CallbackPersona,
    made: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  ): Promise<void>
  tries(): readonly CallbackTry[]
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>
  clear(): void
}

/** `retryMs`: how long after each try that was not answered 2xx the next one goes out. */
export const createCallbacks = (world: {
  readonly clock: VirtualClock
  readonly closing: AbortSignal
  readonly url: () => string
  readonly retryMs: readonly number[]
}): Callbacks => {
  const { clock, closing, url, retryMs } = world
  let tries: CallbackTry[] = []
  let generation = 0
  const underWay = new Set<Promise<unknown>>()

  const send = async (
    reference: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    attempt: number,
    bornIn: number,
  ): Promise<void> => {
    const atMs = clock.nowMs()
    const sentAtMs = Date.now()
    const target = url()
    const { status } = await post(
      new URL(target),
      { 'content-type': 'application/json', ...headers },
      Buffer.from(body),
      closing,
    )
    if (generation !== bornIn) return
    tries.push({ reference, url: target, attempt, status, atMs, sentAtMs, body })
    const pauseMs = retryMs[attempt - 1]
    if ((status >= 200 && status < 300) || closing.aborted || pauseMs === undefined) return
    clock.after(pauseMs, () => tracked(send(reference, headers, body, attempt + 1, bornIn)))
  }

  const tracked = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
    return work
  }

  return {
    deliver: async (reference, persona, { headers, body }) => {
      if (persona.withholdCallbacks) return
      const copies = Math.max(1, persona.duplicateCallbacks)
      await tracked(Promise.all(Array.from({ length: copies }, () => send(reference, headers, body, 1, generation))))
    },
    tries: () => tries,
    idle: async () => {
      while (underWay.size > 0) await Promise.allSettled([...underWay])
    },
    clear: () => {
      tries = []
      generation++
    },
  }
}
