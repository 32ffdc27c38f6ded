import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type PaymentEvent, type PaymentState, STATE_VERSIONS } from '../../../src/contracts/decide.ts'
import { createDecideCore } from '../../../src/core/decide.ts'

const CORE_DIR = process.env['LANGO_CORE_DIR'] ?? 'src/core/generated'
const core = createDecideCore(new WebAssembly.Module(readFileSync(path.join(CORE_DIR, 'decide.wasm'))))
const NOW_MS = 1_790_000_000_000 + 24 * 3_600_000

const recorded = ['shape-1', 'shape-2'].flatMap((file) => {
  const { states } = JSON.parse(readFileSync(`test/vectors/states/${file}.json`, 'utf8')) as {
    states: { name: string; state: PaymentState }[]
  }
  return states.map(({ name, state }) => [`${file}: ${name}`, state] as const)
})

const wake: PaymentEvent = { type: 'wake', nowMs: NOW_MS }

describe('T53: states as earlier versions wrote them', () => {
  it.each(recorded)('%s is read, and nothing of it is lost', (_, state) => {
    const answer = core.step(state, wake)
    expect(answer.ok).toBe(true)
    if (!answer.ok) return
    const { amountMinor, currency, doubles, lateSuccess, succeededAtMs, createdAtMs } = state
    expect(answer.state).toMatchObject({ amountMinor, currency, doubles, lateSuccess, succeededAtMs, createdAtMs })
    expect(answer.state.attempts.map(({ reference }) => reference)).toEqual(
      state.attempts.map(({ reference }) => reference),
    )
    expect(Object.keys(answer.state)).toEqual(expect.arrayContaining(Object.keys(state)))
  })

  it('what a newer version added is handed back as it came', () => {
    for (const [, state] of recorded) {
      const newer = {
        ...state,
        tomorrow: { deep: [1, null, 'x'] },
        attempts: state.attempts.map((attempt) => ({ ...attempt, tomorrow: attempt.n })),
      }
      const answer = core.step(newer, wake)
      expect(answer.ok && answer.state).toMatchObject({
        tomorrow: newer.tomorrow,
        attempts: newer.attempts.map(({ tomorrow }) => ({ tomorrow })),
      })
    }
  })

  it('the core reads the versions that the object lets through, and no other', () => {
    const [, state] = recorded[0] ?? []
    for (let v = 0; v < 10; v++) {
      const answer = core.step({ ...state, v } as unknown as PaymentState, wake)
      expect(answer.ok).toBe(STATE_VERSIONS.includes(v))
      if (!answer.ok) expect(answer.code).toBe('malformed_state')
    }
  })
})
