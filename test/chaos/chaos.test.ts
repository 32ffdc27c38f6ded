import '../../scripts/stack/environment.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { escapeHtml } from '../../scripts/report/escape.ts'
import { type Lane, SYSTEM_FAULTS } from './faults.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { reportOf } from './report.ts'
import { type ChaosOptions, runChaos } from './run.ts'
import { type Bug, sabotage } from './sabotage.ts'

/** Generous: a machine that runs other tests beside this one takes several times as long. */
const TIMEOUT_MS = 240_000

const chaos = async (over: Partial<ChaosOptions> = {}): Promise<{ outcome: Outcome; report: string }> => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-chaos-'))
  try {
    const run = await runChaos({ seed: 'test', durationMs: 12_000, ratePerSecond: 5, encores: 0, stateDir, ...over })
    const outcome = outcomeOf(run, 30)
    return { outcome, report: reportOf(run, outcome) }
  } finally {
    rmSync(stateDir, { recursive: true, force: true })
  }
}

const only = (...lanes: Lane[]) => SYSTEM_FAULTS.filter(({ lane }) => lanes.includes(lane))

const sabotaged = async (bug: Bug, over: Partial<ChaosOptions>): Promise<readonly string[]> => {
  const { entries, remove } = sabotage(bug)
  try {
    const { outcome } = await chaos({ ...over, entries })
    return outcome.verdict.judgements.filter(({ holds }) => !holds).map(({ claim }) => claim)
  } finally {
    remove()
  }
}

it(
  'under a random mix of faults every invariant holds, and every payment comes to rest',
  async () => {
    const { outcome, report } = await chaos()
    const { judgements } = outcome.verdict
    expect(judgements.flatMap(({ violations }) => violations)).toEqual([])
    expect(judgements.filter(({ judged }) => judged === 0)).toEqual([])
    expect(outcome.problems.filter((problem) => !problem.startsWith('planned and never seen'))).toEqual([])
    expect(outcome.kinds.filter(({ happened }) => happened > 0).length).toBeGreaterThanOrEqual(10)
    // `npm run chaos` has the time for every kind; here it is enough that the report tells of each.
    for (const { name } of outcome.kinds) expect(report).toContain(escapeHtml(name))
    for (const way of ['sent to mtn', 'sent to wave', 'failed over'])
      expect(new Map(outcome.ways).get(way), way).toBeGreaterThan(0)
    expect(report).toContain('Attempts by gateway')
  },
  TIMEOUT_MS,
)

it(
  'a system that takes silence for a refusal is caught charging twice',
  async () => {
    const broken = await sabotaged(
      {
        file: 'consumer/told.ts',
        from: "return { type: 'sendUnknown', n, nowMs }",
        to: "return { type: 'sendRejected', n, code: 'TIMEOUT', nowMs }",
      },
      { durationMs: 15_000, gateways: 'one', faults: only('network') },
    )
    expect(broken).toContain('I1')
    expect(broken).toContain('I7')
  },
  TIMEOUT_MS,
)

it(
  'a system that takes silence for the gateway’s own refusal is caught going on at another',
  async () => {
    const broken = await sabotaged(
      {
        file: 'consumer/payment-object.ts',
        from: 'await this.#settings.vault.send(handedOver(order)).catch(',
        to: `await this.#settings.vault
      .send(order)
      .then((told): SendAnswer => (told.kind === 'unknown' ? { ...told, kind: 'rejected', code: 'NOT_ALLOWED' } : told))
      .catch(`,
      },
      { durationMs: 8_000, faults: [] },
    )
    expect(broken).toContain('I1')
    expect(broken).toContain('I7')
    expect(broken).toContain('failover')
  },
  TIMEOUT_MS,
)

it(
  'a system that marks before the effect is caught owing an order',
  async () => {
    const broken = await sabotaged(
      {
        file: 'flows/fulfil.ts',
        from: 'await ports.post(due, via, ports.nowMs())\n',
        to: 'await ports.payment.markFulfilled(via, due.index?.revision)\n  await ports.post(due, via, ports.nowMs())\n',
      },
      { durationMs: 8_000, gateways: 'one', faults: only('d1') },
    )
    expect(broken).toContain('I3')
    expect(broken).toContain('I5')
  },
  TIMEOUT_MS,
)
