import { defineConfig } from 'vitest/config'
import consumer from './test/workers/consumer.config.ts'
import edge from './test/workers/edge.config.ts'
import vault from './test/workers/vault.config.ts'

/** Of what a test waits for by asking again and again, if it says no other: a busy machine is slow, and that is no failure. */
const expect = { poll: { timeout: 5_000 } }

/** One project per place that code runs in. `node`: pure code and emulators; `e2e`: the running stack. */
export default defineConfig({
  test: {
    projects: [
      // Vitest takes a path only when the file is named vitest.*; these say which Worker they are for.
      edge,
      vault,
      consumer,
      {
        test: {
          name: 'node',
          include: [
            'test/unit/**/*.test.ts',
            'test/emulators/**/*.test.ts',
            'test/flows/**/*.test.ts',
            'test/history/**/*.test.ts',
            'test/simulation/**/*.test.ts',
            'test/acceptance/**/*.test.ts',
            'test/conformance/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          testTimeout: 20_000,
          expect,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/crash/**/*.test.ts', 'test/chaos/**/*.test.ts'],
          testTimeout: 60_000,
          expect,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
