import { serve as listen } from '../../test/emulators/kit/server.ts'
import { startQstash } from '../../test/emulators/qstash/server.ts'
import { serve } from '../service.ts'

/** QStash's emulator in a process of its own, and a destination that takes everything. */
export interface QueueShape {
  info(): { readonly url: string; readonly token: string; readonly sinkUrl: string }
}

serve(async ({ stateDir }: { readonly stateDir: string }) => {
  const qstash = await startQstash({ port: 0, stateDir, journalKept: 0 })
  const sink = await listen({ name: 'sink', port: 0, portVariable: '', handle: () => ({ status: 200 }) })
  return {
    info: () => ({ url: qstash.url, token: qstash.token, sinkUrl: sink.url }),
    close: async () => {
      await qstash.close()
      await sink.close()
    },
  }
})
