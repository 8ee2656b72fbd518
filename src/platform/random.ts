import { readFileSync } from 'node:fs'
import type { Random } from '#lib/clock.ts'

/** The machine's chance. */
export const systemRandom: Random = {
  uuid: () => crypto.randomUUID(),
  float: () => Math.random(),
}

/** The same for a process that lives a moment and draws one or two: Node's own takes 10 ms of processor time to load. */
export const shortLivedRandom: Random = {
  uuid: () => uuidOfKernel() ?? crypto.randomUUID(),
  float: () => Math.random(),
}

/** Undefined where the kernel gives none. */
function uuidOfKernel(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/uuid', 'latin1').trim()
  } catch {
    return undefined
  }
}
