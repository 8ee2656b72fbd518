import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongFilesFirst } from './tools/test/long-files-first.ts'

const ring = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: { name, include, ...extra },
})

/** Servers of these rings run in the process of their test. */
const watchAnswers = ['test/kit/watch-answers.ts']

/** One project per ring (CONTRIBUTING.md, "Tests"). Limits are for what hangs; a busy machine must not fail a test. */
export default defineConfig({
  resolve: { conditions: ['source', 'node'] },
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: {
    // Left to itself Vitest keeps a core free, and runs one file at a time on two cores.
    maxWorkers: availableParallelism(),
    expect: { poll: { timeout: 50_000 } },
    sequence: { sequencer: LongFilesFirst },
    projects: [
      ring('unit', ['src/**/*.test.ts', 'tools/**/*.test.ts'], { isolate: false, testTimeout: 60_000 }),
      ring('contract', ['test/contracts/**/*.test.ts', 'test/cluster/**/*.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        setupFiles: watchAnswers,
      }),
      ring('wire', ['test/wire/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 120_000,
        setupFiles: watchAnswers,
      }),
      ring('sim', ['test/sim/**/*.test.ts'], { testTimeout: 600_000 }),
      ring('e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 180_000, hookTimeout: 180_000 }),
    ],
  },
})
