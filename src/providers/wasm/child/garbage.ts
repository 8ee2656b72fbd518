import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Memory of past runs that may lie around. */
const keptBytes = 33_554_432

/** An order leaves about twice its size, which a module that lies in it makes large. */
const runsBetweenCollections = 16

export type Garbage = {
  /** Collects what has just become garbage: quick, because little of it is still used. */
  collectYoung(): void
  /** Collects everything once past runs have left enough, and what orders leave every few runs. */
  collectAfterRun(releasedBytes: number): void
}

/**
 * Gives memory back that V8 would keep until it next needs some: of past runs, when a child waits for work and needs none;
 * and of calls of a guest, whose garbage is small but would fill 16 MB before V8 looks.
 */
export function garbage(): Garbage {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void
  const collectYoung = (): void => collect({ type: 'minor' })
  let garbageBytes = 0
  let runs = 0
  return {
    collectYoung,
    collectAfterRun(releasedBytes) {
      garbageBytes += releasedBytes
      runs += 1
      if (garbageBytes < keptBytes) return runs % runsBetweenCollections === 0 ? collectYoung() : undefined
      collect()
      garbageBytes = 0
    },
  }
}
