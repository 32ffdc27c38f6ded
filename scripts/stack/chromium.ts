import { spawnSync } from 'node:child_process'
import { type Browser, chromium } from 'playwright-core'

/** Path of the system's Chromium or Chrome; empty when there is none. */
export const findChromium = (): string =>
  spawnSync('sh', ['-c', 'command -v chromium || command -v google-chrome'], { encoding: 'utf8' }).stdout.trim()

/** Without what a browser does on its own: it asks nobody but the pages that it is sent to. */
export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
