import type { Random } from '#lib/clock.ts'

/** The machine's chance. */
export const systemRandom: Random = {
  uuid: () => crypto.randomUUID(),
  float: () => Math.random(),
}
