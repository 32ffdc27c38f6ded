import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
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

/**
 * A redis-server of our own on a Unix socket (nothing to collide with, nobody else can reach it), without persistence:
 * what it held is gone when it stops. `parentDir` should be short: a socket path holds about 100 bytes.
 */
export const spawnRedis = async (parentDir: string = tmpdir()): Promise<RedisProcess> => {
  const directory = mkdtempSync(path.join(parentDir, 'lango-redis-'))
  const socketPath = path.join(directory, 's')
  let child: ChildProcess | undefined
  const kill = () => child?.kill('SIGKILL')
  process.once('exit', kill)

  const stop = async () => {
    const stopping = child
    child = undefined
    if (!stopping || stopping.exitCode !== null || stopping.signalCode !== null) return
    const gone = new Promise((resolve) => stopping.once('exit', resolve))
    stopping.kill('SIGKILL')
    await gone
  }
  const start = async () => {
    if (child) return
    const settings = {
      port: '0',
      unixsocket: socketPath,
      unixsocketperm: '700',
      save: '',
      appendonly: 'no',
      dir: directory,
    }
    const starting = spawn(
      'redis-server',
      Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: 'ignore' },
    )
    child = starting
    let failed: Error | undefined
    starting.once('error', (error) => {
      failed = error
    })
    for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 20) {
      if (failed || starting.exitCode !== null) break
      const connection = await RespConnection.open({ path: socketPath }).catch(() => undefined)
      if (connection) return connection.close()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await stop()
    throw new Error(`redis-server did not start${failed ? `: ${failed.message}` : ''}`)
  }
  const close = async () => {
    process.removeListener('exit', kill)
    await stop()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await close()
    throw error
  }
  return { socketPath, stop, start, close }
}
