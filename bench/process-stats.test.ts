import { expect, it } from 'vitest'
import { descendantsOf, parseDescriptorLimit, parseStat, readProcess } from './process-stats.ts'

it('reads a line of /proc/pid/stat, also of a command with spaces and parentheses', () => {
  const line =
    '4242 (odd (name) x) S 17 4242 4242 0 -1 4194304 900 0 0 0 250 50 0 0 20 0 4 0 12345 99999744 2560 18446744073709551615 1 1'
  expect(parseStat(line)).toEqual({ command: 'odd (name) x', parentPid: 17, cpuMs: 3_000, rssBytes: 10_485_760 })
})

it('reads the limit of open files', () => {
  const limits =
    'Limit  Soft Limit  Hard Limit  Units\nMax open files            20000                20000                files\n'
  expect(parseDescriptorLimit(limits)).toBe(20_000)
  expect(parseDescriptorLimit('Max open files            unlimited            unlimited            files')).toBe(
    Number.POSITIVE_INFINITY,
  )
})

it.runIf(process.platform === 'linux')('sees this process, and none that is not there', () => {
  expect(readProcess(process.pid)?.fds).toBeGreaterThan(2)
  expect(readProcess(process.pid)?.rssBytes).toBeGreaterThan(1_000_000)
  expect(readProcess(2 ** 30)).toBeUndefined()
  expect(descendantsOf(process.pid, 'no such command')).toEqual([])
})
