import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { PortTakenError } from '../../test/emulators/kit/server.ts'

/** The development ports and the variable that moves each (0 in a test: any free one). */
export const PORTS = {
  edge: { standard: 8787, variable: 'LANGO_EDGE_PORT' },
  consumer: { standard: 8788, variable: 'LANGO_CONSUMER_PORT' },
  redis: { standard: 8079, variable: 'LANGO_REDIS_PORT' },
  qstash: { standard: 8080, variable: 'LANGO_QSTASH_PORT' },
  pawapay: { standard: 8090, variable: 'LANGO_PAWAPAY_PORT' },
} as const

export type PortName = keyof typeof PORTS
export type Ports = Record<PortName, number>

const claim = (name: PortName, port: number): Promise<{ port: number; release: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      reject(
        new PortTakenError(
          `Port ${port} (${name}) is taken. Stop what uses it, or choose another: ${PORTS[name].variable}=${port + 1000} npm start`,
        ),
      )
    })
    server.listen(port, '127.0.0.1', () =>
      resolve({ port, release: () => new Promise((done) => server.close(() => done())) }),
    )
  })

/**
 * What "any free one" is taken from. Systems give connections and servers without a port of their own one from 32768 on (Linux)
 * or 49152 on (macOS, Windows): a port from there could be gone again by the time that a Worker starts, or starts anew.
 */
const FREE = { from: 10_240, below: 32_768 } as const
const TRIES = 100

const claimFree = async (name: PortName): ReturnType<typeof claim> => {
  for (let tries = 1; ; tries++) {
    try {
      return await claim(name, randomInt(FREE.from, FREE.below))
    } catch (error) {
      if (!(error instanceof PortTakenError) || tries === TRIES) throw error
    }
  }
}

/** A port that nobody listens on, and that the system gives to nobody who does not ask for it. */
export const freePort = async (): Promise<number> => {
  const { port, release } = await claimFree('edge')
  await release()
  return port
}

/**
 * Checks every port before anything starts, so that a taken one is a clear line and not a half-started stack. All are
 * held together while free ones are looked for, so that no two get the same.
 */
export const resolvePorts = async (wanted: Ports): Promise<Ports> => {
  const names = Object.keys(PORTS) as PortName[]
  const claims = await Promise.all(
    names.map((name) => (wanted[name] === 0 ? claimFree(name) : claim(name, wanted[name]))),
  )
  await Promise.all(claims.map((one) => one.release()))
  return Object.fromEntries(names.map((name, i) => [name, claims[i]?.port ?? 0])) as Ports
}

export const standardPorts = (env: Readonly<Record<string, string | undefined>>): Ports => {
  const entries = (Object.keys(PORTS) as PortName[]).map((name) => {
    const { standard, variable } = PORTS[name]
    const text = env[variable]
    const port = text === undefined || text === '' ? standard : Number(text)
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`${variable} must be a port number, not "${text}".`)
    return [name, port] as const
  })
  return Object.fromEntries(entries) as Ports
}
