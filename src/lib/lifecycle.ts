/** A part that runs: started once, stopped once; `stop` waits until nothing of it is left. */
export interface Startable {
  start(): Promise<void>
  stop(): Promise<void>
}

/** Starts parts in order; when one fails, stops those already started in reverse and throws. */
export async function startAll(parts: readonly Startable[]): Promise<void> {
  const started: Startable[] = []
  try {
    for (const part of parts) {
      await part.start()
      started.push(part)
    }
  } catch (error) {
    await stopAll(started)
    throw error
  }
}

/** Stops parts in reverse order; every one is stopped even when another fails, then the first failure is thrown. */
export async function stopAll(parts: readonly Startable[]): Promise<void> {
  const failures: unknown[] = []
  for (const part of [...parts].reverse()) {
    await part.stop().catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}
