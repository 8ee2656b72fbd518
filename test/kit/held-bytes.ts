import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of the heap that are still reachable. */
export async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // What waits for a turn of the event loop is let go first; finalizers free more, which a second round sees.
  for (let round = 0; round < 3; round++) {
    await new Promise((turned) => setImmediate(turned))
    collect()
  }
  return process.memoryUsage().heapUsed
}
