import { commandLine } from '../../../scripts/command-line.ts'
import { PortTakenError } from '../kit/server.ts'
import { startPawapay } from './server.ts'

const { env } = process
const line = commandLine(
  'LANGO_PAWAPAY_PORT=8090 npm run emulate:pawapay    other settings: test/emulators/pawapay/README.md',
)
line.options({})
const port = line.port('LANGO_PAWAPAY_PORT', env['LANGO_PAWAPAY_PORT'] ?? '8090')

try {
  const pawapay = await startPawapay({
    port,
    token: env['LANGO_PAWAPAY_TOKEN'] ?? 'pawapay-simulator-token',
    callbackBase: env['LANGO_PAWAPAY_CALLBACK_BASE'] ?? 'http://127.0.0.1:8787/webhooks/pawapay',
    requestKeys: JSON.parse(env['LANGO_PAWAPAY_REQUEST_KEYS'] ?? '{}') as Record<string, string>,
    enforceSignatures: env['LANGO_PAWAPAY_ENFORCE_SIGNATURES'] === 'true',
  })
  console.log(`pawaPay simulator: ${pawapay.url} (control under /_sim/, see test/emulators/pawapay/README.md)`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void pawapay.close())
} catch (error) {
  if (!(error instanceof PortTakenError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
