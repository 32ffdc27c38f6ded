import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import {
  cpuUsOf,
  descendantsOf,
  listensOn,
  parseDescriptorLimit,
  parseListeners,
  parseStat,
  readProcess,
} from './process-stats.ts'

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

it('reads who listens from /proc/net/tcp, and not who is connected', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:2253 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31337 1 0 100 0 0 10 0',
    '   1: 0100007F:2253 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 31338 1 0 20 4 30 10 -1',
  ].join('\n')
  expect(parseListeners(table, 8787)).toEqual(['31337'])
  expect(parseListeners(table, 8788)).toEqual([])
})

it.runIf(process.platform === 'linux')('sees that this process listens', async () => {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  expect(listensOn(process.pid, port)).toBe(true)
  await new Promise((resolve) => server.close(resolve))
  expect(listensOn(process.pid, port)).toBe(false)
})

it('counts what a process computes, finer than a tick', () => {
  const readings = Array.from({ length: 20 }, () => {
    createHash('sha256').update(Buffer.alloc(10_000_000)).digest()
    return cpuUsOf(process.pid)
  })
  // Of a thread that is running the kernel counts now and then; of one that waits, exactly.
  expect(readings).toEqual(readings.toSorted((a, b) => a - b))
  expect(new Set(readings).size).toBeGreaterThan(1)
  expect(readings.some((reading) => reading % 10_000 !== 0)).toBe(true)
})
