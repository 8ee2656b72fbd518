import type { ExecutionId } from '#models/ids.ts'
import type { DockerApi } from './api.ts'
import { inspectContainer } from './container-state.ts'
import { dockerStatusOf } from './engine-answer.ts'
import { executionLabel, holderLabel, labelFilter } from './names.ts'

/** The container of an execution that ran or runs. One that was never started is removed: the execution knows nothing of it. */
export async function findContainer(
  api: DockerApi,
  executorId: string,
  executionId: ExecutionId,
  signal: AbortSignal,
): Promise<string | undefined> {
  const filters = labelFilter(executionLabel, executorId + executionId)
  const query = { all: true, filters }
  const listed = await api.call<{ Id: string; Labels: Record<string, string> | null }[]>('GET', '/containers/json', {
    query,
    signal,
  })
  for (const { Id, Labels } of listed) {
    if (Labels?.[holderLabel]) continue
    const info = await inspectContainer(api, Id)
    if (!info || info.State.Status === 'removing' || info.State.Status === 'dead') continue
    if (info.State.Status !== 'created' || !(await isRemovedUnstarted(api, Id))) return Id
  }
  return undefined
}

/** False when it was started at this very moment: a start of ours was still under way when we were killed. */
async function isRemovedUnstarted(api: DockerApi, id: string): Promise<boolean> {
  try {
    await api.call('DELETE', `/containers/${id}`, { query: { v: true } })
    return true
  } catch (error) {
    if (dockerStatusOf(error) === 404) return true
    if (dockerStatusOf(error) === 409) return false
    throw error
  }
}
