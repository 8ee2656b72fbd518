import { afterEach } from 'vitest'

type Stoppable = { stop(): Promise<void> }

/** Remembers what a test starts, and stops it after the test, the last first. */
export function testParts() {
  const running: Stoppable[] = []
  afterEach(async () => {
    for (const part of running.splice(0).reverse()) await part.stop()
  })
  return {
    started<Part extends Stoppable>(part: Part): Part {
      running.push(part)
      return part
    },
    /** Stops it within the test. */
    async stop(part: Stoppable): Promise<void> {
      running.splice(running.indexOf(part), 1)
      await part.stop()
    },
  }
}
