/**
 * Looks at the hosted page as a customer would, in the system's Chromium, over a stack of its own.
 *
 *   npm run checkout -- measure   first contentful paint and bytes on a slow phone and a slow network
 *   npm run checkout -- shots     a picture of every state into docs/images/checkout
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { measure } from './checkout/measure.ts'
import { takeShots } from './checkout/shots.ts'
import { findChromium, launchChromium } from './stack/chromium.ts'
import './stack/environment.ts'
import { startStack } from './stack/stack.ts'

const COMMANDS = new Map([
  ['measure', measure],
  ['shots', takeShots],
])

const command = COMMANDS.get(process.argv[2] ?? '')
const chromium = findChromium()
if (command === undefined || chromium === '') {
  console.error(command ? 'There is no chromium on PATH.' : `Say what: ${[...COMMANDS.keys()].join(' or ')}.`)
  process.exit(2)
}
const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-checkout-'))
const stack = await startStack({
  ports: { edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 },
  stateDir,
  redis: 'auto',
})
const browser = await launchChromium(chromium)
try {
  await command(stack, browser)
} finally {
  await browser.close()
  await stack.close()
  rmSync(stateDir, { recursive: true, force: true })
}
