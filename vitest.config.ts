import { defineConfig } from 'vitest/config'

const ring = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: { name, include, ...extra },
})

/** One project per ring of the test house (ARCHITECTURE.md, "Tests"). */
export default defineConfig({
  resolve: { conditions: ['source', 'node'] },
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: {
    projects: [
      ring('unit', ['src/**/*.test.ts', 'tools/**/*.test.ts'], { isolate: false }),
      ring('contract', ['test/contracts/**/*.test.ts', 'test/cluster/**/*.test.ts']),
      ring('wire', ['test/wire/**/*.test.ts'], { testTimeout: 120_000, hookTimeout: 120_000 }),
      ring('sim', ['test/sim/**/*.test.ts'], { testTimeout: 600_000 }),
      ring('e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false }),
    ],
  },
})
