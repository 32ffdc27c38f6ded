import { expect, it } from 'vitest'
import { planHold } from './hold-plan.ts'

it('as many processes as the descriptors ask for, evenly loaded', () => {
  expect(planHold(2_000, 7, 20_000)).toEqual({ processes: 1, perProcess: 2_000, descriptorsEach: 7 })
  expect(planHold(8_000, 7, 20_000)).toMatchObject({ processes: 4, perProcess: 2_000 })
  expect(planHold(8_000, 7, 1_024)).toMatchObject({ processes: 69 })
  expect(planHold(8_000, 7, Number.POSITIVE_INFINITY)).toMatchObject({ processes: 1, perProcess: 8_000 })
})
