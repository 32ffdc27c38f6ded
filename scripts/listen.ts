/**
 * `npm run listen -- --forward http://localhost:3000/hooks`: prints what Lango tells, and passes it on to a shop on this
 * machine. Enter sends the last event again, an event's id that one. Ctrl-C ends it and removes its endpoint.
 */
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import type { EventType } from '../packages/sdk/src/index.ts'
import { httpUrl } from './http-url.ts'
import { listen, listenSecret } from './listen/listener.ts'
import { DEVELOPMENT } from './stack/database.ts'
import { PORTS } from './stack/ports.ts'

const program = new Command('listen')
  .description('Passes signed events of the development stack on to a shop on this machine')
  .requiredOption('--forward <url>', "the shop's address for webhooks, such as http://localhost:3000/hooks")
  .option('--events <types>', 'only these, separated by commas, such as payment.succeeded,payment.failed')
  .option(
    '--url <origin>',
    'where Lango is',
    process.env['LANGO_URL'] ?? `http://127.0.0.1:${process.env['LANGO_EDGE_PORT'] ?? PORTS.edge.standard}`,
  )
  .showHelpAfterError()
  .parse()

const options = program.opts<{ forward: string; events?: string; url: string }>()
const complain = (error: unknown): void => console.error(error instanceof Error ? error.message : error)

const addressOf = (option: string, text: string, example: string): URL => {
  try {
    return httpUrl(option, text, example)
  } catch (error) {
    return program.error((error as Error).message)
  }
}
const forward = addressOf('--forward', options.forward, 'http://localhost:3000/hooks')
addressOf('--url', options.url, 'http://127.0.0.1:8787')
try {
  const secret = listenSecret(process.env['LANGO_STATE_DIR'] ?? '.lango')
  const listener = await listen({
    baseUrl: options.url,
    apiKey: process.env['LANGO_KEY'] ?? DEVELOPMENT.secretKey,
    forward,
    secret,
    print: (line) => console.log(line),
    // What is no type is refused by Lango, which names those that there are.
    ...(options.events === undefined ? {} : { events: options.events.split(',') as EventType[] }),
  })
  console.log(`Listening. Events go to ${options.forward}, signed with

  ${secret}

Enter sends the last one again, an event's id that one. Ctrl-C ends.
`)
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => void listener.replay(line.trim() || undefined).catch(complain))
  let ending = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (ending) return
      ending = true
      void listener.close().finally(() => process.exit(0))
    })
} catch (error) {
  complain(error)
  process.exitCode = 1
}
