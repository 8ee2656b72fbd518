import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Memory of past runs that may lie around. */
const keptBytes = 33_554_432

/**
 * Gives the memory of past runs back. V8 would do it when it next needs some, but a child that waits for work needs none,
 * and what a run has let go of would stay taken from the machine.
 */
export function garbageCollector(): (releasedBytes: number) => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let garbageBytes = 0
  return (releasedBytes) => {
    garbageBytes += releasedBytes
    if (garbageBytes < keptBytes) return
    collect()
    garbageBytes = 0
  }
}
