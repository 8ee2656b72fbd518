import type { KeptExecutions } from '#contracts/engine.ts'
import type { DockerApi } from './api.ts'
import { unlessDone } from './engine-answer.ts'
import { executionOf, executorLabel, holderLabel, labelFilter } from './names.ts'

type Labelled = { Id: string; Labels: Record<string, string> | null }

/** Removes what this node left on the engine, containers first, except what belongs to the executions to keep (X21). */
export async function sweep(api: DockerApi, executorId: string, keep: KeptExecutions): Promise<void> {
  const filters = labelFilter(executorLabel, executorId)
  const isLeft = (each: Labelled) => !keep.has(executionOf(each.Labels ?? {}, executorId))
  const containers = await api.call<Labelled[]>('GET', '/containers/json', { query: { all: true, filters } })
  const isHolder = ({ Labels }: Labelled) => Labels?.[holderLabel] !== undefined
  // Networks are held until those that use them are gone.
  const inOrder = containers.filter(isLeft).sort((one, other) => Number(isHolder(one)) - Number(isHolder(other)))
  for (const { Id } of inOrder) {
    await unlessDone(api.call('DELETE', `/containers/${Id}`, { query: { force: true, v: true } }))
  }
  const networks = await api.call<Labelled[]>('GET', '/networks', { query: { filters } })
  for (const { Id } of networks.filter(isLeft)) await unlessDone(api.call('DELETE', `/networks/${Id}`))
}
