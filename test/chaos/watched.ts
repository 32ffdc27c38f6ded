import type { Answer, Recorder } from '../history/recorder.ts'

/** What the shops have seen so far, for the line of progress. */
export interface Seen {
  /** Payment id → the last status that a shop was told. */
  readonly statuses: ReadonlyMap<string, string>
  asks: number
  lost: number
}

/** The same recorder, counting on the side. */
export const watched = (recorder: Recorder): { readonly recorder: Recorder; readonly seen: Seen } => {
  const statuses = new Map<string, string>()
  const seen = { statuses, asks: 0, lost: 0 }
  const note = (answer: Answer): Answer => {
    const { id, status, paymentId, code } = answer.body ?? {}
    if (typeof id === 'string' && typeof status === 'string') statuses.set(id, status)
    else if (typeof paymentId === 'string' && code === 'payment_rejected') statuses.set(paymentId, 'failed')
    return answer
  }
  return {
    seen,
    recorder: {
      ...recorder,
      pay: async (...args) => {
        seen.asks += 1
        const answer = await recorder.pay(...args)
        if (answer.status === 0) seen.lost += 1
        return note(answer)
      },
      get: async (id) => note(await recorder.get(id)),
    },
  }
}
