import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { httpUrl } from '../../scripts/http-url.ts'

const EXAMPLE = 'https://pay.example.com'

describe('an address that somebody typed', () => {
  it.each(['http://localhost:3000/hooks', 'https://pay.example.com', 'HTTP://127.0.0.1:8787'])('%s is one', (text) => {
    expect(httpUrl('--forward', text, EXAMPLE).href).toBe(new URL(text).href)
  })

  it.each(['localhost:3000/hooks', 'pay.example.com', 'not a url', '', 'http://', 'http:localhost', 'ftp://a.example'])(
    '"%s" is none, and it says what to write',
    (text) => {
      expect(() => httpUrl('--forward', text, EXAMPLE)).toThrow(
        `--forward: ${text} is not a URL with http:// or https://. Write one such as ${EXAMPLE}`,
      )
    },
  )

  it.each([
    ['scripts/listen.ts', ['--forward', 'localhost:3000/hooks'], '--forward: localhost:3000/hooks', 1],
    [
      'scripts/listen.ts',
      ['--forward', 'http://localhost:3000', '--url', 'localhost:8787'],
      '--url: localhost:8787',
      1,
    ],
    ['scripts/smoke.ts', ['localhost:8787'], 'the edge: localhost:8787', 2],
  ])('%s %j asks nobody', async (script, args, says, code) => {
    const ended = await promisify(execFile)(process.execPath, [script, ...args]).catch((error) => error)
    expect(ended).toMatchObject({
      code,
      stderr: expect.stringContaining(`${says} is not a URL with http:// or https://`),
    })
  })
})
