/**
 * `npm run archive`: closes every month older than thirteen, and moves it out of the local D1 into files. Stop `npm start` first:
 * two processes would hold the same database. docs/capacity.md.
 */
import './stack/environment.ts'
import path from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_readConfig } from 'wrangler'
import { closePeriod } from './archive/close-period.ts'
import { directorySink } from './archive/sink.ts'
import { commandLine } from './command-line.ts'
import { type Database, migrate } from './stack/database.ts'

const stateDir = process.env['LANGO_STATE_DIR'] ?? '.lango'
const line = commandLine('npm run archive [-- --months 13] [--out .lango/archive]')
const { values } = line.options({
  options: {
    months: { type: 'string', default: '13' },
    out: { type: 'string', default: path.join(stateDir, 'archive') },
  },
})
const months = line.whole('--months', values.months, 4)

/** Whole months, so that a period ends where a month does. */
const now = new Date()
const beforeMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months + 1, 1)

/** The consumer's database and nothing else of it. */
const [binding] = unstable_readConfig({ config: 'src/consumer/wrangler.toml' }).d1_databases
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    cf: false,
    resourcePersistencePath: path.resolve(stateDir, 'v3'),
    workers: [
      {
        name: 'archive',
        modules: true,
        script: 'export default {}',
        compatibilityDate: '2026-10-20',
        d1Databases: { DB: binding?.database_id ?? '' },
      },
    ],
  } as Parameters<typeof convertV4MiniflareOptions>[0]),
)
try {
  const database = (await miniflare.getD1Database('DB', 'archive')) as unknown as Database
  await migrate(database)
  const closed = await closePeriod({
    database,
    sink: directorySink(values.out),
    beforeMs,
    nowMs: now.getTime(),
    say: (line) => console.log(`  ${line}`),
  })
  const { entries, payments, transactions } = closed.lines
  console.log(`Closed what was before ${new Date(beforeMs).toISOString().slice(0, 10)}: ${entries} ledger entries, ${payments} payments
and ${transactions} transactions left for ${closed.files.length} files in ${values.out} (${closed.bytes} bytes).`)
} finally {
  await miniflare.dispose()
}
