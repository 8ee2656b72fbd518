import type { Host } from './host.ts'

/** Resolves when the user, or the system, wants the program to end. */
export const untilInterrupted = ({ interrupted }: Host): Promise<void> =>
  new Promise((resolve) => {
    if (interrupted.aborted) resolve()
    else interrupted.addEventListener('abort', () => resolve(), { once: true })
  })
