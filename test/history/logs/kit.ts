import type { CallbackTry } from '../../emulators/kit/callbacks.ts'
import type { Gateway } from '../../emulators/kit/gateway.ts'
import type { RecordedRequest } from '../../emulators/kit/request-log.ts'
import type { GatewayLog } from '../gateway-log.ts'
import type { Said, Send } from '../history.ts'

type Simulator = Pick<Gateway<never>, 'requests' | 'captures' | 'callbacks'>

/** How one vendor's books are read, whose simulator stands on the kit's frame. */
export interface Reading {
  readonly gateway: string
  /** What a request to charge asks for; null: it is none. */
  order(request: RecordedRequest): Omit<Send, 'at' | 'gateway'> | null
  /** What an answer said, and of what; null: nothing. Not asked about answers that were never made. */
  answered(request: RecordedRequest): Omit<Said, 'at'> | null
  calledBack(callback: CallbackTry): Said['word'] | null
}

export const kitLog = (simulator: Simulator, reading: Reading): GatewayLog => ({
  sends: () =>
    simulator.requests().flatMap((request) => {
      const order = reading.order(request)
      return order ? [{ ...order, at: request.atMs, gateway: reading.gateway }] : []
    }),
  captures: () =>
    simulator.captures().map(({ takenAtMs, reference, amountMinor, currency }) => ({
      at: takenAtMs,
      gateway: reading.gateway,
      reference,
      amountMinor,
      currency,
    })),
  said: () => [
    ...simulator.requests().flatMap((request): Said[] => {
      const said = request.answeredAtMs === undefined ? null : reading.answered(request)
      return said ? [{ ...said, at: request.answeredAtMs as number }] : []
    }),
    ...simulator.callbacks().flatMap((callback): Said[] => {
      const word = reading.calledBack(callback)
      return word ? [{ at: callback.sentAtMs, reference: callback.reference, word }] : []
    }),
  ],
})
