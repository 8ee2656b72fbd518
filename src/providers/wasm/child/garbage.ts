import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What past runs have left may lie around. */
const keptBytes = 33_554_432
/** What is young of it: V8 itself would look at 16 MB. */
const keptYoungBytes = 524_288

/** A run leaves that much besides its memories, most of it by its instances, and as much that is young. */
const instanceBytes = 65_536
const youngBytes = 12_288
/** An order leaves about twice its size, which a module that lies in it makes large. */
const perOrderByte = 2

export type Garbage = {
  /** Collects what has just become garbage: quick, because little of it is still used. */
  collectYoung(): void
  /** Collects everything once past runs have left enough, and sooner what is young of it. */
  collectAfterRun(orderBytes: number, releasedBytes: number): void
}

/**
 * Gives memory back that V8 would keep until it next needs some: of past runs, when a child waits for work and needs none;
 * and of calls of a guest, whose garbage is small but would fill 16 MB before V8 looks.
 */
export function garbage(): Garbage {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void
  const collectYoung = (): void => collect({ type: 'minor' })
  let [leftBytes, leftYoungBytes] = [0, 0]
  return {
    collectYoung,
    collectAfterRun(orderBytes, releasedBytes) {
      leftBytes += instanceBytes + releasedBytes
      leftYoungBytes += youngBytes + perOrderByte * orderBytes
      if (leftBytes >= keptBytes) {
        collect()
        leftBytes = 0
      } else if (leftYoungBytes >= keptYoungBytes) collectYoung()
      else return
      leftYoungBytes = 0
    },
  }
}
