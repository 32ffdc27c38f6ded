/**
 * Time that runs with the wall clock and can be pushed ahead (`POST /_sim/clock {advanceMs}`); or that stands still until
 * it is pushed. It moves schedules only: signatures and JWTs carry wall time.
 */
export class VirtualClock {
  #aheadMs = 0
  #tasks: { atMs: number; order: number; run: () => void | Promise<void> }[] = []
  #order = 0
  #timer: NodeJS.Timeout | undefined
  readonly #stoppedAtMs: number | undefined

  constructor(mode: 'running' | 'stopped' = 'running') {
    this.#stoppedAtMs = mode === 'stopped' ? Date.now() : undefined
  }

  nowMs(): number {
    return (this.#stoppedAtMs ?? Date.now()) + this.#aheadMs
  }

  /** Runs `run` once virtual time reaches `atMs`; tasks due together run in the order they were scheduled. */
  at(atMs: number, run: () => void | Promise<void>): void {
    this.#tasks.push({ atMs, order: this.#order++, run })
    this.#arm()
  }

  after(delayMs: number, run: () => void | Promise<void>): void {
    this.at(this.nowMs() + delayMs, run)
  }

  /** Jumps ahead, stopping at each task on the way so that a task may schedule the next. Resolves when all due have run. */
  async advance(byMs: number): Promise<void> {
    const until = this.nowMs() + byMs
    for (let next = this.#next(); next && next.atMs <= until; next = this.#next()) {
      this.#aheadMs += Math.max(0, next.atMs - this.nowMs())
      this.#tasks = this.#tasks.filter((task) => task !== next)
      await next.run()
    }
    this.#aheadMs += Math.max(0, until - this.nowMs())
    this.#arm()
  }

  /** Forgets what is scheduled; time goes on from where it is. */
  clear(): void {
    this.#tasks = []
    clearTimeout(this.#timer)
  }

  #next() {
    return this.#tasks.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const next = this.#next()
    if (!next || this.#stoppedAtMs !== undefined) return
    this.#timer = setTimeout(
      () => {
        const due = this.#tasks
          .filter((task) => task.atMs <= this.nowMs())
          .toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)
        this.#tasks = this.#tasks.filter((task) => !due.includes(task))
        for (const task of due) void task.run()
        this.#arm()
      },
      Math.min(2_147_483_647, Math.max(0, next.atMs - this.nowMs())),
    )
  }
}
