import { spawn } from 'node:child_process'
import path from 'node:path'
import type { Stack } from '../stack/stack.ts'

export interface ExampleShop {
  /** What to tell: where it is, or why it is not. */
  readonly line: Promise<string>
  close(): void
}

/** Starts examples/shop against this stack, as a process of its own. Lango serves without it, if its port is taken. */
export const startShop = (stack: Pick<Stack, 'edgeUrl' | 'secretKey' | 'stateDir'>, port: string): ExampleShop => {
  const child = spawn(process.execPath, ['--conditions=lango-source', 'examples/shop/server.ts'], {
    // The channel closes when this process dies, however it dies: the shop goes with it.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      LANGO_URL: stack.edgeUrl,
      LANGO_KEY: stack.secretKey,
      LANGO_SHOP_PORT: port,
      LANGO_SHOP_DATABASE: path.resolve(stack.stateDir, 'shop.sqlite'),
    },
  })
  const line = new Promise<string>((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
    let complaint = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 2000)
    })
    child.once('error', (error) => resolve(`The example shop does not run: ${error.message}`))
    child.once('close', () => resolve(`The example shop does not run. ${complaint.trim()}`))
  })
  return { line, close: () => void child.kill() }
}
