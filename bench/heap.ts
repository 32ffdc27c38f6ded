import { type Inspector, openInspector } from './inspector.ts'

/** V8's own account of one isolate, after a garbage collection. Bytes. */
export interface HeapUse {
  /** Live objects of JavaScript. */
  readonly usedBytes: number
  /** Live objects of the runtime (streams, requests) that JavaScript holds, and array buffers. */
  readonly outsideBytes: number
}

const WORKERS = ['lango-edge', 'lango-consumer', 'lango-vault'] as const

type Poke = () => Promise<unknown>

/** V8 does it in a task of its own, and workerd runs tasks of an isolate only when a request enters it. */
const collect = async (inspector: Inspector, poke: Poke): Promise<void> => {
  let done = false
  const collected = inspector.send('HeapProfiler.collectGarbage').finally(() => {
    done = true
  })
  const poking = (async () => {
    while (!done) {
      await poke()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  await Promise.all([collected, poking])
}

const useOf = async (inspector: Inspector, poke: Poke): Promise<HeapUse> => {
  await inspector.send('HeapProfiler.enable')
  // Twice: what the first collection frees may have kept other things alive through finalisers.
  for (let i = 0; i < 2; i++) await collect(inspector, poke)
  const usage = await inspector.send<{
    usedSize: number
    embedderHeapUsedSize?: number
    backingStorageSize?: number
  }>('Runtime.getHeapUsage')
  return {
    usedBytes: usage.usedSize,
    outsideBytes: (usage.embedderHeapUsedSize ?? 0) + (usage.backingStorageSize ?? 0),
  }
}

/**
 * Of the product's three isolates together. `poke` makes a request that enters all three. Opened for the look only: an
 * attached inspector costs memory itself.
 */
export const heapOf = async (inspectorUrl: string, poke: Poke): Promise<HeapUse> => {
  let total: HeapUse = { usedBytes: 0, outsideBytes: 0 }
  for (const worker of WORKERS) {
    const inspector = await openInspector(inspectorUrl, worker)
    try {
      const use = await useOf(inspector, poke)
      total = { usedBytes: total.usedBytes + use.usedBytes, outsideBytes: total.outsideBytes + use.outsideBytes }
    } finally {
      inspector.close()
    }
  }
  return total
}
