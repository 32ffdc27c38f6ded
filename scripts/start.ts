/**
 * `npm start`: the whole of Lango on this machine, one payment through all of it, and then it keeps serving.
 * Ctrl-C stops everything.
 */
import './stack/environment.ts'
import { appendFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { PortTakenError } from '../test/emulators/kit/server.ts'
import { type Ports, standardPorts } from './stack/ports.ts'
import { type Stack, startStack } from './stack/stack.ts'
import { type ExampleShop, startShop } from './start/shop.ts'
import { walk } from './start/walk.ts'
import { whatToTry } from './start/what-to-try.ts'

const stateDir = process.env['LANGO_STATE_DIR'] ?? '.lango'
const began = performance.now()
const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`

const chosenPorts = (): Ports => {
  try {
    return standardPorts(process.env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(2)
  }
}

const start = async (): Promise<Stack> => {
  mkdirSync(stateDir, { recursive: true })
  const ports = chosenPorts()
  const logFile = path.join(stateDir, 'log.jsonl')
  process.stdout.write('Starting three Workers, Redis, QStash and a gateway simulator ... ')
  const stack = await startStack({
    ports,
    stateDir,
    redis: 'auto',
    watch: true,
    cronEveryMs: 60_000,
    onLog: (line) => appendFileSync(logFile, `${line}\n`),
    onReload: (errors) =>
      console.log(errors > 0 ? `reload: ${errors} error(s); save again when it is mended` : 'reloaded'),
  })
  console.log(`ready in ${seconds()}

  edge      ${stack.edgeUrl}     the API, the checkout pages, /health
  consumer  ${stack.consumerUrl}     what QStash delivers to
  Redis     ${stack.redis.url}     REST, on ${stack.redis.backend}
  QStash    ${stack.qstash.url}     queue, signed deliveries
  pawaPay   ${stack.pawapay.url}     simulator; drive it by hand at /sim
  API key   ${stack.secretKey}; described at ${stack.edgeUrl}/docs
  for pages ${stack.publishableKey}
  logs      ${logFile}
`)
  return stack
}

let stack: Stack
try {
  stack = await start()
} catch (error) {
  console.log('')
  if (!(error instanceof PortTakenError)) throw error
  console.error(error.message)
  process.exit(1)
}

const shop: ExampleShop = startShop(stack, process.env['LANGO_SHOP_PORT'] ?? '8095')

let stopping = false
const stop = async (): Promise<void> => {
  if (stopping) return
  stopping = true
  console.log('\nStopping.')
  shop.close()
  await stack.close()
  process.exit(0)
}
// Miniflare's own handlers leave at once, in the middle of what the queue is writing.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.removeAllListeners(signal)
  process.on(signal, () => void stop())
}

const firstPayment = async (): Promise<void> => {
  const { lines, fulfilled } = await walk(stack, `WELCOME-${Date.now().toString(36).toUpperCase()}`)
  console.log(lines.join('\n'))
  if (!fulfilled) {
    shop.close()
    await stack.close()
    process.exit(1)
  }
  console.log(`${await shop.line}\n`)
  console.log(await whatToTry(stack, `INV-${Date.now().toString(36).toUpperCase()}`))
  console.log('Serving; edits under src/ reload by themselves. Ctrl-C stops everything.')
}

try {
  await firstPayment()
} catch (error) {
  // Whoever stops it in the middle of the first payment does not want to read about a lost connection.
  if (!stopping) throw error
}
