import { expect, it } from 'vitest'
import { createWorkLimit } from '../../src/edge/work-limit.ts'

const setUp = (places: number) => {
  const clock = { ms: 1_000 }
  return { clock, limit: createWorkLimit(places, 30_000, () => clock.ms) }
}

it('takes as much as there are places, and no more until one is given back', () => {
  const { limit } = setUp(2)
  const leave = limit.enter()
  expect(leave).not.toBeNull()
  expect(limit.enter()).not.toBeNull()
  expect(limit.enter()).toBeNull()
  leave?.()
  expect(limit.enter()).not.toBeNull()
  expect(limit.enter()).toBeNull()
})

it('a place is given back once, however often that is said', () => {
  const { limit } = setUp(2)
  const leave = limit.enter()
  limit.enter()
  leave?.()
  leave?.()
  expect(limit.enter()).not.toBeNull()
  expect(limit.enter()).toBeNull()
})

it('a place that nobody gives back is free again after its time, and only that', () => {
  const { clock, limit } = setUp(2)
  limit.enter()
  clock.ms += 29_999
  limit.enter()
  expect(limit.enter()).toBeNull()
  clock.ms += 1
  expect(limit.enter()).not.toBeNull()
  expect(limit.enter()).toBeNull()
})
