import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { again, begin, eventually, order, read, stubOf, vault, viewIn } from './kit.ts'

const sendsOf = async (id: Parameters<typeof stubOf>[0]) => (await vault.calls(id)).sends

describe('T54: the attempt is written, and the write confirmed, before anything is sent', () => {
  it('an instance whose storage no longer answers for it sends nothing', async () => {
    const input = order({ waitMs: 200 })
    const stub = stubOf(input.paymentId)
    await runInDurableObject(stub, async (object, { storage }) => {
      // What a stale instance meets: another has taken its place, and the first thing that touches storage says so.
      Object.defineProperty(storage, 'sync', {
        value: () => Promise.reject(new Error('broken.outputGateBroken; this object is running elsewhere')),
        configurable: true,
      })
      await expect(object.begin(input)).rejects.toThrow('running elsewhere')
    })
    expect(await sendsOf(input.paymentId)).toEqual([])
  })

  it('an attempt outlives an eviction that is asked for during its call: the object knows it and sends nothing more', async () => {
    const input = order({ waitMs: 0 })
    await vault.play(input.paymentId, { sendDelayMs: 1_500 })
    const answer = await begin(input)
    await eventually(
      () => sendsOf(input.paymentId),
      (sends) => sends.length === 1,
    )
    // An object with a call under way is not evicted at once; asked to go, it goes when it can.
    await evictDurableObject(stubOf(input.paymentId))
    const repeated = await begin(again(input))
    expect(repeated).toMatchObject({ kind: 'existing' })
    expect(viewIn(repeated).attempts.map(({ reference }) => reference)).toEqual(
      viewIn(answer).attempts.map(({ reference }) => reference),
    )
    expect(await sendsOf(input.paymentId)).toHaveLength(1)
    expect((await read(input.paymentId))?.attempts).toHaveLength(1)
  })

  it('evicted between payments, an object forgets nothing that it was told', async () => {
    const input = order()
    const first = viewIn(await begin(input))
    for (let i = 0; i < 3; i++) {
      await runInDurableObject(stubOf(input.paymentId), (object) =>
        Object.assign(object, { memory: 'of this instance' }),
      )
      await evictDurableObject(stubOf(input.paymentId))
      expect(await runInDurableObject(stubOf(input.paymentId), (object) => 'memory' in object)).toBe(false)
      const { attempts, ...rest } = viewIn(await begin(again(input)))
      expect(attempts).toEqual(first.attempts)
      expect(rest.status).toBe('pending')
    }
    expect(await sendsOf(input.paymentId)).toHaveLength(1)
  })
})
