import type { Exit } from '#contracts/engine.ts'
import { messageOf } from '#lib/fault.ts'
import type { FailureClass } from '#models/job.ts'

const notFound = 'executable file not found'
/** How runtimes tell of a program that is not there or may not be run. */
const programTexts = /exec: "|executable file|open executable|invoke a command that was not found/i

/** How they tell of a file that is to be mounted over a folder of the image, or a folder over a file. */
const isMisplaced = (cause: string): boolean => /\bmount.*\bnot a directory\b/is.test(cause)

/**
 * How a program "ended" that the engine could not start. `engineExitCode` is what the container
 * then has: 126 and 127 blame the program's own files. Podman leaves it 0 and only says so.
 */
export function startFailure(error: unknown, engineExitCode: number | undefined): Exit {
  const cause = messageOf(error)
  const isUsers = engineExitCode === 126 || engineExitCode === 127 || programTexts.test(cause) || isMisplaced(cause)
  return {
    exitCode: -1,
    failure: {
      message: `failed to start container: failed to start container: ${cause.includes(notFound) ? notFound : cause}`,
      class: classOf(cause, isUsers),
      ...hintOf(cause, isUsers),
    },
  }
}

function hintOf(cause: string, isUsers: boolean): { hint?: string } {
  if (isMisplaced(cause)) {
    return {
      hint: 'An input or a result is a file where the image has a folder, or the other way round: give it another Target or Path',
    }
  }
  if (isUsers) return { hint: 'Check the entrypoint and the parameters against what is in the image' }
  if (!/could not select device driver/i.test(cause)) return {}
  return {
    hint: 'The container engine of the node cannot hand in GPUs: its operator installs the NVIDIA Container Toolkit',
  }
}

function classOf(cause: string, isUsers: boolean): FailureClass {
  if (/no space left on device|cannot allocate memory/i.test(cause)) return 'resource'
  if (/port is already allocated|address already in use/i.test(cause)) return 'transient'
  return isUsers ? 'user' : 'node'
}
