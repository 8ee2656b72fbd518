import { randomUUID } from 'node:crypto'
import type { Random } from '#lib/clock.ts'

/** The machine's chance. */
export const systemRandom: Random = {
  uuid: () => randomUUID(),
  float: () => Math.random(),
}
