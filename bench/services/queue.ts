import { randomUUID } from 'node:crypto'
import { json, serve as listen } from '../../test/emulators/kit/server.ts'
import { startQstash } from '../../test/emulators/qstash/server.ts'
import { serve } from '../service.ts'

/** QStash's emulator in a process of its own, a destination that takes everything, and a queue that delivers nothing. */
export interface QueueShape {
  info(): { readonly url: string; readonly token: string; readonly sinkUrl: string; readonly stillUrl: string }
  /** Bodies of what the still queue was given since it was last asked. */
  taken(): readonly string[]
}

serve(async ({ stateDir }: { readonly stateDir: string }) => {
  const qstash = await startQstash({ port: 0, stateDir, journalKept: 0 })
  const sink = await listen({ name: 'sink', port: 0, portVariable: '', handle: () => ({ status: 200 }) })
  const bodies: string[] = []
  const still = await listen({
    name: 'still queue',
    port: 0,
    portVariable: '',
    handle: ({ body }) => {
      bodies.push(body.toString())
      return json(200, { messageId: `msg_${randomUUID()}` })
    },
  })
  return {
    info: () => ({ url: qstash.url, token: qstash.token, sinkUrl: sink.url, stillUrl: still.url }),
    taken: () => bodies.splice(0),
    close: async () => {
      await qstash.close()
      await sink.close()
      await still.close()
    },
  }
})
