import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../scripts/stack/ports.ts'
import { descendantsOf } from '../process-stats.ts'
import { payer, type Rig, type System } from '../rig.ts'
import { preparePython } from './python.ts'

export interface Peer {
  readonly name: string
  /** A synchronous server holds no more calls than it has workers. */
  readonly heldAtMost?: number
  open(): Promise<System>
}

export type Peers =
  | { readonly kind: 'missing'; readonly why: string }
  | { readonly kind: 'found'; readonly systems: readonly Peer[] }

const HERE = fileURLToPath(new URL('.', import.meta.url))
const SYNC_WORKERS = 20
const START_TIMEOUT_MS = 30_000
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(timer)
}

/** Starts the commands, waits until the port answers at all, and counts them with everything they start. */
const openPython = async (
  rig: Rig,
  name: string,
  bin: string,
  commandsAt: (port: number) => readonly (readonly string[])[],
): Promise<System> => {
  const port = await freePort()
  const env = {
    PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
    BENCH_GATEWAY_URL: rig.gatewayUrl,
    BENCH_REDIS_SOCKET: await rig.redis.ask('socketPath'),
  }
  const children = commandsAt(port).map(([program = '', ...args]) =>
    spawn(path.join(bin, program), args, {
      cwd: HERE,
      env,
      stdio: ['ignore', 'ignore', process.env['LANGO_BENCH_LOG'] ? 'inherit' : 'ignore'],
    }),
  )
  const url = `http://127.0.0.1:${port}`
  const close = async () => {
    await Promise.all(children.map(end))
  }
  const answers = () =>
    rig.client.send('GET', `${url}/`, {}).then(
      () => true,
      () => false,
    )
  for (const untilMs = Date.now() + START_TIMEOUT_MS; !(await answers()); await sleep(100)) {
    if (Date.now() < untilMs && children.every(({ exitCode }) => exitCode === null)) continue
    await close()
    throw new Error(`${name} did not start`)
  }
  const roots = children.flatMap(({ pid }) => pid ?? [])
  return {
    name,
    pids: () => roots.flatMap((pid) => [pid, ...descendantsOf(pid)]),
    pay: payer(rig.client, url, 'none'),
    close,
  }
}

/** The two that the seeds compare: what they recommend, and what they warn of. */
export const openPeers = async (rig: Rig, say: (line: string) => void): Promise<Peers> => {
  const python = preparePython(say)
  if (python.kind === 'missing') return python
  const open = (name: string, commandsAt: (port: number) => readonly (readonly string[])[]) => () =>
    openPython(rig, name, python.bin, commandsAt)
  const fastapi = 'FastAPI + Redis + arq (b)'
  const sync = `synchronous, ${SYNC_WORKERS} workers (c)`
  return {
    kind: 'found',
    systems: [
      {
        name: fastapi,
        open: open(fastapi, (port) => [
          [
            'uvicorn',
            'fastapi_app:app',
            '--port',
            String(port),
            '--no-access-log',
            '--log-level',
            'warning',
            '--backlog',
            '8192',
          ],
          ['arq', 'queue_worker.WorkerSettings'],
        ]),
      },
      {
        name: sync,
        heldAtMost: SYNC_WORKERS,
        open: open(sync, (port) => [
          [
            'gunicorn',
            'sync_app:app',
            '--bind',
            `127.0.0.1:${port}`,
            '--workers',
            String(SYNC_WORKERS),
            '--timeout',
            '180',
            '--backlog',
            '8192',
            '--log-level',
            'warning',
          ],
        ]),
      },
    ],
  }
}
