import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import type { Stack } from '../stack/stack.ts'
import { openCheckout } from './open.ts'

/** A phone of the cheapest kind on a network that is called 3G. */
const SLOW = { latencyMs: 400, bytesPerSecond: 400_000 / 8, cpuTimes: 4 }
const RUNS = 7

interface Seen {
  readonly firstContentfulPaintMs: number
  readonly shift: number
  readonly wireBytes: number
}

/** One first visit: no cache, no connection, nothing known. */
const visit = async (browser: Browser, url: string, number: string | null): Promise<Seen> => {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 }, locale: 'en' })
  const tab = await context.newPage()
  const devtools = await context.newCDPSession(tab)
  let wireBytes = 0
  await devtools.send('Network.enable')
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    wireBytes += encodedDataLength
  })
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: SLOW.latencyMs,
    downloadThroughput: SLOW.bytesPerSecond,
    uploadThroughput: SLOW.bytesPerSecond,
  })
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOW.cpuTimes })
  await tab.addInitScript(`
    globalThis.shift = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value
    }).observe({ type: 'layout-shift', buffered: true })`)
  await tab.goto(url, { waitUntil: 'load' })
  if (number !== null) {
    await tab.locator('input[name=phoneNumber]').pressSequentially(number)
    await tab.waitForTimeout(2_500)
  }
  const seen = await tab.evaluate<Seen>(`new Promise((resolve) =>
    new PerformanceObserver((list) => {
      const paint = list.getEntriesByName('first-contentful-paint')[0]
      if (paint) resolve({ firstContentfulPaintMs: Math.round(paint.startTime), shift: globalThis.shift, wireBytes: 0 })
    }).observe({ type: 'paint', buffered: true }))`)
  await context.close()
  return { ...seen, wireBytes }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number

/** Prints what a first visit costs. The stand sends pages uncompressed, so the paint is that of a longer page than Cloudflare sends. */
export const measure = async (stack: Stack, browser: Browser): Promise<void> => {
  console.log(
    `400 kbit/s, ${SLOW.latencyMs} ms to the server and back, ${SLOW.cpuTimes}× slower processor; ${RUNS} first visits each`,
  )
  const views = [
    ['form, one country', {}, '0763456789'],
    ['form, five countries', { currency: 'XOF', amount: '500' }, '+221773456789'],
  ] as const
  for (const [name, over, number] of views) {
    const { url } = await openCheckout(stack, over)
    const page = await (await fetch(url)).text()
    const runs: Seen[] = []
    for (let i = 0; i < RUNS; i++) runs.push(await visit(browser, url, number))
    const paints = runs.map(({ firstContentfulPaintMs }) => firstContentfulPaintMs)
    console.log(
      `${name}: first contentful paint ${median(paints)} ms (slowest ${Math.max(...paints)}), ` +
        `page ${Buffer.byteLength(page)} bytes, ${gzipSync(page, { level: 6 }).length} compressed, ` +
        `all in all ${Math.max(...runs.map(({ wireBytes }) => wireBytes))} bytes uncompressed, ` +
        `layout shift ${Math.max(...runs.map(({ shift }) => shift)).toFixed(3)}`,
    )
  }
}
