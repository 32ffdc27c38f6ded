import { afterEach, expect, it, vi } from 'vitest'
import { type CronTask, runTasks } from '../../../src/consumer/cron.ts'

afterEach(() => vi.restoreAllMocks())

const MINUTE_MS = 60_000

it('runs each task in the minutes that are its own', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  const ran: string[] = []
  const task = (name: string, everyMinutes: number): CronTask => ({
    name,
    everyMinutes,
    run: async (nowMs) => {
      ran.push(`${name} ${nowMs / MINUTE_MS}`)
      return {}
    },
  })
  for (let minute = 0; minute <= 6; minute += 1)
    await runTasks([task('often', 1), task('seldom', 5)], minute * MINUTE_MS)
  expect(ran.filter((text) => text.startsWith('often'))).toHaveLength(7)
  expect(ran.filter((text) => text.startsWith('seldom'))).toEqual(['seldom 0', 'seldom 5'])
})

it('goes on with the next when one breaks, and says so', async () => {
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)))
  await runTasks(
    [
      { name: 'broken', everyMinutes: 1, run: () => Promise.reject(new Error('D1 is away')) },
      { name: 'sound', everyMinutes: 1, run: async () => ({ swept: 3 }) },
    ],
    0,
  )
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'cron_failed', task: 'broken', error: 'Error: D1 is away' },
    { event: 'cron', task: 'sound', swept: 3 },
  ])
})

it('goes on with the next when one hangs', async () => {
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)))
  await runTasks(
    [
      { name: 'hanging', everyMinutes: 1, run: () => new Promise(() => {}) },
      { name: 'sound', everyMinutes: 1, run: async () => ({ swept: 3 }) },
    ],
    0,
    1,
  )
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'cron_failed', task: 'hanging' },
    { event: 'cron', task: 'sound', swept: 3 },
  ])
})
