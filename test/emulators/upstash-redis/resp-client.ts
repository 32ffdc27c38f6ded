import { connect, type Socket } from 'node:net'
import { type Command, encodeCommand, type Reply, replyDecoder } from './resp.ts'

export type RedisAddress =
  | { readonly path: string; readonly auth?: Command; readonly database?: number }
  | { readonly host: string; readonly port: number; readonly auth?: Command; readonly database?: number }

/** `executed: 'no'`: not a byte was sent. `'unknown'`: sent, and the connection broke before the reply. */
export class RedisUnreachableError extends Error {
  override readonly name = 'RedisUnreachableError'
  readonly executed: 'no' | 'unknown'
  constructor(executed: 'no' | 'unknown', cause: string) {
    super(`redis-server: ${cause}`)
    this.executed = executed
  }
}

interface Waiting {
  resolve(reply: Reply): void
  reject(error: RedisUnreachableError): void
}

/** One socket. Commands are pipelined: written at once, replies matched in order. */
export class RespConnection {
  #socket: Socket
  #waiting: Waiting[] = []
  #broken: string | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    const decode = replyDecoder((reply) => this.#waiting.shift()?.resolve(reply))
    socket.on('data', (chunk: Buffer) => {
      try {
        decode(chunk)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.on('error', (error) => this.#break(error.message))
    socket.on('close', () => this.#break('connection closed'))
  }

  static async open(address: RedisAddress): Promise<RespConnection> {
    const socket = 'path' in address ? connect(address.path) : connect(address.port, address.host)
    socket.setNoDelay(true)
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => reject(new RedisUnreachableError('no', error.message)))
      socket.once('connect', resolve)
    })
    const connection = new RespConnection(socket)
    const greeting = [
      ...(address.auth ? [address.auth] : []),
      ...(address.database ? [[Buffer.from('SELECT'), Buffer.from(String(address.database))]] : []),
    ]
    for (const words of greeting) {
      const reply = await connection.send(words)
      if (reply.type === 'error') {
        connection.close()
        throw new RedisUnreachableError('no', reply.message)
      }
    }
    return connection
  }

  get broken(): boolean {
    return this.#broken !== undefined
  }

  send(words: Command): Promise<Reply> {
    if (this.#broken !== undefined) return Promise.reject(new RedisUnreachableError('no', this.#broken))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#socket.write(encodeCommand(words))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #break(cause: string): void {
    this.#broken ??= cause
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new RedisUnreachableError('unknown', this.#broken))
  }
}

/** A shared connection that is opened again, on the next use, after it broke. */
export class RespClient {
  #address: RedisAddress
  #opening: Promise<RespConnection> | undefined

  constructor(address: RedisAddress) {
    this.#address = address
  }

  async send(words: Command): Promise<Reply> {
    return (await this.#connection()).send(words)
  }

  /** A connection of its own, for MULTI: two transactions on one connection would mix. The caller closes it. */
  dedicated(): Promise<RespConnection> {
    return RespConnection.open(this.#address)
  }

  async close(): Promise<void> {
    const opening = this.#opening
    this.#opening = undefined
    await opening?.then(
      (connection) => connection.close(),
      () => {},
    )
  }

  async #connection(): Promise<RespConnection> {
    const current = await this.#opening?.catch(() => undefined)
    if (current && !current.broken) return current
    this.#opening = RespConnection.open(this.#address)
    return this.#opening
  }
}
