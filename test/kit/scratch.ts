import { mkdir } from 'node:fs/promises'
import type { Scratch } from '#contracts/engine.ts'

export const scratchIn = (path: string): Scratch => ({
  path,
  make: async () => void (await mkdir(path, { recursive: true })),
})
