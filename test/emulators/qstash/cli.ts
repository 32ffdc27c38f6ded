import { commandLine } from '../../../scripts/command-line.ts'
import { startQstash } from './server.ts'

const line = commandLine('LANGO_QSTASH_PORT=8080 LANGO_STATE_DIR=.lango npm run emulate:qstash')
line.options({})
const port = line.port('LANGO_QSTASH_PORT', process.env['LANGO_QSTASH_PORT'] || '8080')
const stateDir = process.env['LANGO_STATE_DIR']

try {
  const qstash = await startQstash({ port, ...(stateDir ? { stateDir } : {}) })
  console.log(`QStash emulator on ${qstash.url}`)
  console.log(`  messages: ${stateDir ? `${stateDir}/qstash.sqlite` : 'in memory (LANGO_STATE_DIR keeps them)'}`)
  console.log(`  credentials: those of the SDK's devMode`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void qstash.close().then(() => process.exit(0)))
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
