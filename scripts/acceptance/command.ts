import { type SpawnOptions, spawn } from 'node:child_process'

export interface Ended {
  /** 127 when there is no such command. */
  readonly code: number
  readonly text: string
}

/** Runs a command to its end and returns all that it printed. `shown`: passes standard error on as it comes. */
export const run = (command: string, args: readonly string[], options: SpawnOptions & { shown?: boolean } = {}) =>
  new Promise<Ended>((resolve) => {
    const { shown = false, ...rest } = options
    const child = spawn(command, args, { ...rest, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (shown) process.stderr.write(chunk)
    })
    child.once('error', (error) => resolve({ code: 127, text: String(error) }))
    child.once('close', (code) => resolve({ code: code ?? 1, text }))
  })
