import { expect } from 'vitest'
import { type Fixture, order } from '../e2e/fixture.ts'
import { checkHistory } from '../history/check.ts'
import type { History } from '../history/history.ts'
import { createRecorder, type Recorder } from '../history/recorder.ts'

export interface Recording {
  /** Of the running stack; made when it is first asked for. */
  readonly recorder: Recorder
  /** A body like no other, with a number of its own: one number may not pay too often. */
  request(over?: Record<string, unknown>): Record<string, unknown>
  /** Lets everything come to rest. Then gateway, ledger, objects and answers must agree. The history that was judged. */
  expectGreen(): Promise<History>
  /** Requests to charge for this payment that reached the gateway. */
  sendsOf(paymentId: string): Promise<number>
}

export const recording = (fixture: Fixture): Recording => {
  let recorder: Recorder | undefined
  let customers = 0
  const recordings: Recording = {
    get recorder() {
      recorder ??= createRecorder(fixture.stack)
      return recorder
    },
    request: (over) => order({ phoneNumber: `26076${String(4_000_000 + ++customers)}`, ...over }),
    expectGreen: async () => {
      const open = await recordings.recorder.settle()
      const history = await recordings.recorder.collect(true)
      expect(history.ended.filter(({ paymentId }) => open.includes(paymentId))).toEqual([])
      const { judgements } = checkHistory(history)
      expect(judgements.flatMap(({ claim, violations }) => violations.map((what) => `${claim}: ${what}`))).toEqual([])
      expect(judgements.filter(({ judged }) => judged === 0)).toEqual([])
      return history
    },
    sendsOf: async (paymentId) => {
      const { durable, sends } = await recordings.recorder.collect(false)
      const own = durable.filter((attempt) => attempt.paymentId === paymentId).map(({ reference }) => reference)
      return sends.filter(({ reference }) => own.includes(reference)).length
    },
  }
  return recordings
}
