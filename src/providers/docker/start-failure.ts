import type { Exit } from '#contracts/engine.ts'
import { messageOf } from '#lib/fault.ts'
import type { FailureClass } from '#models/job.ts'
import { knownCause } from './known-causes.ts'

const notFound = 'executable file not found'
/** How runtimes tell of a program that is not there or may not be run. */
const programTexts = /exec: "|executable file|open executable|invoke a command that was not found/i

/**
 * How a program "ended" that the engine could not start. `engineExitCode` is what the container
 * then has: 126 and 127 blame the program's own files. Podman leaves it 0 and only says so.
 */
export function startFailure(error: unknown, engineExitCode: number | undefined): Exit {
  const cause = messageOf(error)
  const isUsers = engineExitCode === 126 || engineExitCode === 127 || programTexts.test(cause)
  return {
    exitCode: -1,
    failure: {
      message: `failed to start container: failed to start container: ${cause.includes(notFound) ? notFound : cause}`,
      ...whose(cause, isUsers),
    },
  }
}

function whose(cause: string, isUsers: boolean): { class: FailureClass; hint?: string } {
  const known = knownCause(cause)
  if (known) return known
  if (/no space left on device|cannot allocate memory/i.test(cause)) return { class: 'resource' }
  if (/port is already allocated|address already in use/i.test(cause)) return { class: 'transient' }
  if (!isUsers) return { class: 'node' }
  return { class: 'user', hint: 'Check the entrypoint and the parameters against what is in the image' }
}
