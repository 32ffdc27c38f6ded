/** How many processes N held calls need, and why. */
export interface HoldPlan {
  readonly processes: number
  readonly perProcess: number
  readonly descriptorsEach: number
}

/** What stays free for what is not a held call: callbacks, the queue, Redis, D1, sockets that linger. */
export const DESCRIPTORS_KEPT_FREE = 0.2

/**
 * `descriptorsEach`: per held call, as a small run showed them: the caller's socket, the gateway's and the object's files, each
 * as often as workerd duplicates it. `limit`: open files that one process may have.
 */
export const planHold = (calls: number, descriptorsEach: number, limit: number): HoldPlan => {
  const room = Math.max(1, Math.floor((limit * (1 - DESCRIPTORS_KEPT_FREE)) / descriptorsEach))
  const processes = Math.max(1, Math.ceil(calls / room))
  return { processes, perProcess: Math.ceil(calls / processes), descriptorsEach }
}
