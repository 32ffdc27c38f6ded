import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { RespConnection } from './resp-client.ts'

/** Version text, or undefined when no redis-server is on PATH. */
export const redisServerVersion = (): string | undefined => {
  const found = spawnSync('redis-server', ['--version'], { encoding: 'utf8', timeout: 5_000 })
  return found.status === 0 ? (/v=(\S+)/.exec(found.stdout)?.[1] ?? 'unknown') : undefined
}

export interface RedisProcess {
  readonly socketPath: string
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Holds redis-server, and kills it when the pipe to us closes: also when this process is killed outright. */
const KEEPER = 'redis-server "$@" & server=$!; cat >/dev/null; kill -9 $server'

/**
 * A redis-server of our own on a Unix socket (nothing to collide with, nobody else can reach it), without persistence:
 * what it held is gone when it stops. `parentDir` should be short: a socket path holds about 100 bytes.
 */
export const spawnRedis = async (parentDir: string = tmpdir()): Promise<RedisProcess> => {
  mkdirSync(parentDir, { recursive: true })
  const directory = mkdtempSync(path.join(parentDir, 'lango-redis-'))
  const socketPath = path.join(directory, 's')
  let keeper: ChildProcess | undefined

  const stop = async () => {
    const stopping = keeper
    keeper = undefined
    if (!stopping || stopping.exitCode !== null || stopping.signalCode !== null) return
    const gone = new Promise((resolve) => stopping.once('exit', resolve))
    stopping.stdin?.end()
    await gone
  }
  const start = async () => {
    if (keeper) return
    const settings = {
      port: '0',
      unixsocket: socketPath,
      unixsocketperm: '700',
      save: '',
      appendonly: 'no',
      dir: directory,
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
    // A session of its own: Ctrl-C in a terminal must not reach it before the stack has closed.
    keeper = spawn('sh', ['-c', KEEPER, 'redis', ...flags], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    let problem = ''
    keeper.once('error', (error) => {
      problem = `: ${error.message}`
    })
    for (let waitedMs = 0; waitedMs < 10_000 && problem === ''; waitedMs += 20) {
      const connection = await RespConnection.open({ path: socketPath }).catch(() => undefined)
      if (connection) return connection.close()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    if (problem === '') await stop()
    throw new Error(`redis-server did not start${problem}`)
  }
  const close = async () => {
    await stop()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
  return { socketPath, stop, start, close }
}
