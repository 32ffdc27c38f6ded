import { randomBytes } from 'node:crypto'
import { commandLine } from '../../../scripts/command-line.ts'
import { PortTakenError } from '../kit/server.ts'
import type { BackendChoice } from './choose-backend.ts'
import { startRedisRest } from './server.ts'

const USAGE = `npm run emulate:redis -- [--port 8079] [--token T] [--backend auto|embedded|redis-server|redis://…]
  --port     or LANGO_REDIS_PORT; 0 picks a free one
  --token    or UPSTASH_REDIS_REST_TOKEN; a random one is made and shown unless given
  --backend  auto: REDIS_URL, else a private redis-server, else the embedded engine`

const parseBackend = (text: string): BackendChoice | undefined => {
  if (text === 'auto' || text === 'embedded' || text === 'redis-server') return text
  return text.startsWith('redis://') ? { redisUrl: text } : undefined
}

const text = { type: 'string' } as const
const line = commandLine(USAGE)
const { values } = line.options({ options: { port: text, token: text, backend: text } })
const port = line.port('--port', values.port ?? process.env['LANGO_REDIS_PORT'] ?? '8079')
const given = values.token ?? process.env['UPSTASH_REDIS_REST_TOKEN']
const token = given ?? randomBytes(24).toString('base64url')
const backend = parseBackend(values.backend ?? 'auto') ?? line.refuse(`--backend: ${values.backend} is none`)

try {
  const server = await startRedisRest({ port, token, backend })
  // A token that was given is a secret of the caller's; one made here is of use only if shown.
  console.log(`Upstash Redis emulator: ${server.url}, ${server.backend}${given ? '' : `, token ${token}`}`)
  const stop = () => void server.close().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
} catch (error) {
  console.error(error instanceof PortTakenError ? error.message : `Upstash Redis emulator: ${(error as Error).message}`)
  process.exit(1)
}
