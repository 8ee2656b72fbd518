import { Fault, faultOf } from '#lib/fault.ts'
import type { DockerApi } from './api.ts'
import type { ContainerSpec } from './container-spec.ts'
import { dockerStatusOf } from './engine-answer.ts'
import { knownCause } from './known-causes.ts'
import { isImageMissing } from './pull.ts'
import { removeContainer } from './remove-container.ts'

export type Wanted = {
  name: string
  spec: ContainerSpec
  /** Brings the image to the engine. */
  fetchImage: () => Promise<void>
}

type Created = { Id: string }

/** The least that Docker gives. Podman tries with less, and what fails then has as many texts as places. */
const leastMemoryBytes = 6 * 1024 * 1024

/**
 * Makes a container with what the engine has, and fetches the image only when that is missing. The answer is its ID. One that is
 * made so late that nobody waits for it any more is removed.
 */
export async function createContainer(api: DockerApi, { name, spec, fetchImage }: Wanted): Promise<string> {
  const create = async () => {
    checkMemory(spec.HostConfig['Memory'])
    const asked = api.call<Created>('POST', '/containers/create', { query: { name }, body: spec, deadlineMs: 0 })
    return (await api.inTime(asked, ({ Id }) => void removeContainer(api, Id).catch(() => {}))).Id
  }
  try {
    return await create()
  } catch (error) {
    if (!isImageMissing(error)) return failedTo('creating container')(error)
  }
  await fetchImage()
  return create().catch(failedTo('creating container'))
}

/** Of what asks for none the engine limits none. */
function checkMemory(askedBytes: unknown): void {
  if (!askedBytes || Number(askedBytes) >= leastMemoryBytes) return
  throw new Fault('BadRequest', `${askedBytes} bytes of memory are too few for a container: 6 MiB are the least`, {
    component: 'Docker',
    hint: 'Ask for more memory in the Resources of the task',
    details: { FailureClass: 'resource' },
  })
}

/** Puts the words before a failure that clients know, and keeps what it says of itself. */
export const failedTo =
  (step: string) =>
  (error: unknown): never => {
    const fault = faultOf(error)
    const known = knownCause(fault.message)
    const hint = fault.hint ?? known?.hint
    // Runtimes are named by the node's operator.
    const isUsers = dockerStatusOf(error) === 400 && !/\bruntime\b/i.test(fault.message)
    throw new Fault(fault.code, `failed to create docker job container: ${step}: ${fault.message}`, {
      component: 'Docker',
      ...(hint && { hint }),
      isRetryable: fault.isRetryable,
      details: { FailureClass: known?.class ?? (isUsers ? 'user' : 'node'), ...fault.details },
      cause: error,
    })
  }
