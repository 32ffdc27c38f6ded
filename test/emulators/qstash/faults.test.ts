import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from '@upstash/qstash'
import { describe, expect, it, onTestFinished } from 'vitest'
import { json } from '../kit/server.ts'
import { clientOf, setUp, startDestination } from './fixture.ts'
import { startQstash } from './server.ts'
import { DEVELOPMENT_CREDENTIALS } from './signature.ts'

describe('personas', () => {
  it('T42: a delivery answered 2xx comes once more, with the same id and a JWT of its own', async () => {
    const { client, qstash, destination } = await setUp()
    qstash.persona({ duplicateAfter2xx: 1 })
    for (const n of [1, 2]) {
      await client.publishJSON({ url: destination.url, body: { n } })
      await qstash.idle()
    }
    expect(destination.received.map(({ body }) => body.toString())).toEqual(['{"n":1}', '{"n":1}', '{"n":2}'])
    const [first, second] = destination.received.map(({ headers }) => headers)
    expect(second?.['upstash-message-id']).toBe(first?.['upstash-message-id'])
    expect(second?.['upstash-signature']).not.toBe(first?.['upstash-signature'])
    expect(qstash.deliveries().map(({ duplicate }) => duplicate)).toEqual([false, true, false])
  })

  it('remembers as much as it was told to', async () => {
    const { client, qstash, destination } = await setUp({ journalKept: 0 })
    await client.publishJSON({ url: destination.url, body: {} })
    await qstash.idle()
    expect(destination.received).toHaveLength(1)
    expect([qstash.published(), qstash.deliveries()]).toEqual([[], []])
  })

  it('T42: two at the same time', async () => {
    const { client, qstash, destination } = await setUp()
    qstash.persona({ duplicateInParallel: 1 })
    let together = 0
    let most = 0
    destination.answer = async () => {
      most = Math.max(most, ++together)
      await new Promise((resolve) => setTimeout(resolve, 50))
      together--
      return json(200, {})
    }
    await client.publishJSON({ url: destination.url, body: {} })
    await qstash.idle()
    expect([destination.received.length, most]).toEqual([2, 2])
  })

  it('T41: a lost answer: the message is kept, and the same id again is a duplicate', async () => {
    const { client, qstash, destination } = await setUp()
    qstash.persona({ dropPublishAnswer: 1 })
    const publish = () => client.publishJSON({ url: destination.url, body: {}, deduplicationId: 'once' })
    await expect(publish()).rejects.toThrow('fetch failed')
    const [lost] = qstash.published()
    expect(lost).toMatchObject({ status: 0, messageIds: [expect.stringMatching(/^msg_/)] })
    expect(await publish()).toEqual({ messageId: lost?.messageIds[0], deduplicated: true })
    await qstash.idle()
    expect(destination.received).toHaveLength(1)
  })

  it('T40: down: sockets die and nothing is kept or delivered; up again, what waited goes', async () => {
    const { client, qstash, destination } = await setUp()
    qstash.persona({ holdDeliveries: true })
    await client.publishJSON({ url: `${destination.url}/before`, body: {} })
    qstash.persona({ holdDeliveries: false, down: true })
    await expect(client.publishJSON({ url: `${destination.url}/lost`, body: {} })).rejects.toThrow('fetch failed')
    await expect(client.logs()).rejects.toThrow('fetch failed')
    await qstash.advance(60_000)
    expect(destination.received.filter(({ path }) => path === '/lost')).toHaveLength(0)
    const delivered = destination.received.length
    qstash.persona({ down: false })
    await expect.poll(() => destination.received.length).toBe(1)
    expect(delivered).toBe(0)
    expect(destination.received[0]?.path).toBe('/before')
  })

  it('rejectPublish, deliverDelayMs and reorder', async () => {
    const { client, qstash, destination, sim } = await setUp()
    await sim('persona', { rejectPublish: 503 })
    await expect(client.publishJSON({ url: destination.url, body: {} })).rejects.toMatchObject({ status: 503 })
    await sim('persona', { rejectPublish: 0, deliverDelayMs: 30_000 })
    await client.publishJSON({ url: `${destination.url}/late`, body: {} })
    await qstash.idle()
    expect(destination.received).toHaveLength(0)
    await sim('clock', { advanceMs: 31_000 })
    expect(destination.received).toHaveLength(1)
    await sim('persona', { deliverDelayMs: 0, reorder: true })
    for (const n of [1, 2]) await client.publishJSON({ url: `${destination.url}/${n}`, body: {} })
    await sim('clock', { advanceMs: 1000 })
    expect(destination.received.map(({ path }) => path)).toEqual(['/late', '/2', '/1'])
  })

  it('a mistyped persona field is refused', async () => {
    const { sim } = await setUp()
    expect(await sim('persona', { duplicateAfter200: 1 })).toEqual({ error: 'unknown persona field duplicateAfter200' })
    expect(await sim('persona', { down: 'yes' })).toEqual({ error: 'down must be a boolean' })
  })

  it('requests show what came, without credentials; reset forgets everything', async () => {
    const { client, qstash, destination, sim } = await setUp()
    await client.publishJSON({
      url: `${destination.url}/a`,
      body: { n: 1 },
      headers: { Authorization: 'Bearer s3cret' },
    })
    await qstash.idle()
    const requests = (await sim('requests')) as { target: string; body: string; headers: [string, string][] }[]
    expect(requests).toMatchObject([{ target: `/v2/publish/${destination.url}/a`, body: '{"n":1}', status: 200 }])
    expect(JSON.stringify(requests)).not.toMatch(new RegExp(`s3cret|${qstash.token}`))
    expect(await sim('deliveries')).toMatchObject([{ status: 200, url: `${destination.url}/a`, retried: 0 }])
    await sim('reset', {})
    expect([await sim('requests'), await sim('deliveries'), (await client.logs()).logs]).toEqual([[], [], []])
  })
})

describe('restart', () => {
  const freshDir = () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'lango-qstash-'))
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
    return dir
  }

  it('what waited, what was under way and what is dead survive; what was answered 2xx is not sent again', async () => {
    const stateDir = freshDir()
    const { client, qstash, destination } = await setUp({ stateDir })
    let held = () => {}
    destination.answer = async ({ path: to }) => {
      if (to === '/underway')
        await new Promise<void>((resolve) => {
          held = resolve
        })
      return to === '/dead' ? json(500, {}) : json(200, {})
    }
    await client.publishJSON({ url: `${destination.url}/done`, body: {} })
    await client.publishJSON({ url: `${destination.url}/dead`, body: { n: 1 }, retries: 0 })
    await qstash.idle()
    await client.publishJSON({ url: `${destination.url}/later`, body: {}, delay: '1h', deduplicationId: 'later' })
    await client.publishJSON({ url: `${destination.url}/underway`, body: {} })
    await expect.poll(() => destination.received.length).toBe(3)
    await qstash.close()
    held()

    destination.answer = () => json(200, {})
    destination.received.length = 0
    const again = await startQstash({ port: 0, stateDir })
    onTestFinished(() => again.close())
    await expect.poll(() => again.deliveries().length).toBe(1)
    expect(destination.received.map(({ path: to }) => to)).toEqual(['/underway'])
    expect((await clientOf(again).dlq.listMessages()).messages).toMatchObject([{ body: '{"n":1}' }])
    const repeated = { url: `${destination.url}/later`, body: {}, deduplicationId: 'later' }
    expect(await clientOf(again).publishJSON(repeated)).toMatchObject({ deduplicated: true })
    await again.advance(3_600_000)
    expect(destination.received.map(({ path: to }) => to)).toEqual(['/underway', '/later'])
  })

  it('a killed process loses nothing: the message is delivered again by the next one', async () => {
    const stateDir = freshDir()
    const destination = await startDestination()
    let held = () => {}
    destination.answer = async () => {
      await new Promise<void>((resolve) => {
        held = resolve
      })
      return json(200, {})
    }
    const killed = spawn(process.execPath, ['test/emulators/qstash/cli.ts'], {
      env: { ...process.env, LANGO_QSTASH_PORT: '0', LANGO_STATE_DIR: stateDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void killed.kill('SIGKILL'))
    const [line] = (await once(killed.stdout, 'data')) as [Buffer]
    const baseUrl = /http:\S+/.exec(line.toString())?.[0] ?? ''
    const { token } = DEVELOPMENT_CREDENTIALS
    const client = new Client({ baseUrl, token, retry: false, devMode: false })
    const { messageId } = await client.publishJSON({ url: destination.url, body: { n: 1 } })
    await expect.poll(() => destination.received.length).toBe(1)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    held()

    destination.answer = () => json(200, {})
    const again = await startQstash({ port: 0, stateDir })
    onTestFinished(() => again.close())
    await expect.poll(() => again.deliveries().length).toBe(1)
    expect(destination.received.map(({ headers }) => headers['upstash-message-id'])).toEqual([messageId, messageId])
    expect(destination.received[1]?.body.toString()).toBe('{"n":1}')
  })

  it('rotated keys and the virtual time survive', async () => {
    const stateDir = freshDir()
    const { client, qstash, destination, api } = await setUp({ stateDir })
    await qstash.advance(86_400_000)
    await client.publishJSON({ url: destination.url, body: {}, delay: '1m' })
    await api('/v2/keys/rotate', { method: 'POST' })
    const keys = { current: qstash.currentSigningKey, next: qstash.nextSigningKey }
    await qstash.close()
    const again = await startQstash({ port: 0, stateDir })
    onTestFinished(() => again.close())
    expect({ current: again.currentSigningKey, next: again.nextSigningKey }).toEqual(keys)
    await again.advance(61_000)
    expect(destination.received).toHaveLength(1)
  })

  it('a taken port is one clear line', async () => {
    const { qstash } = await setUp()
    await expect(startQstash({ port: Number(new URL(qstash.url).port) })).rejects.toThrow('LANGO_QSTASH_PORT')
  })
})
