import type { FlowControl } from './message.ts'

/** Counts per flow-control key; the limits are those of the message that wants to go. Forgotten on restart. */
export class FlowLimits {
  #running = new Map<string, number>()
  #startsMs = new Map<string, number[]>()

  /** `0` = may go now, `null` = when another ends, else ms until the rate allows it. */
  waitMs(flow: FlowControl | null, nowMs: number): number | null {
    if (flow === null) return 0
    if (flow.parallelism !== null && (this.#running.get(flow.key) ?? 0) >= flow.parallelism) return null
    if (flow.rate === null) return 0
    const recent = (this.#startsMs.get(flow.key) ?? []).filter((at) => at > nowMs - flow.periodMs)
    this.#startsMs.set(flow.key, recent)
    if (recent.length < flow.rate) return 0
    return Math.max(1, (recent[recent.length - flow.rate] as number) + flow.periodMs - nowMs)
  }

  started(flow: FlowControl | null, nowMs: number): void {
    if (flow === null) return
    this.#running.set(flow.key, (this.#running.get(flow.key) ?? 0) + 1)
    if (flow.rate !== null) this.#startsMs.set(flow.key, [...(this.#startsMs.get(flow.key) ?? []), nowMs])
  }

  ended(flow: FlowControl | null): void {
    if (flow !== null) this.#running.set(flow.key, (this.#running.get(flow.key) ?? 1) - 1)
  }
}
