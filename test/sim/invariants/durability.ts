import type { Store } from '#contracts/store.ts'
import type { JobId } from '#models/ids.ts'
import type { NewHistory } from '#models/job-history.ts'
import type { World } from '../world.ts'
import type { DurableModel } from './durable-model.ts'

/**
 * I1 in full: every row that was ever made durable is in the store as it was last written, and no other (I2); history has no gaps (I7).
 * Reads the whole store, so it is asked after each restart of the orchestrator and every thousand events.
 */
export const checkDurability = async (world: World, model: DurableModel, store: Store): Promise<void> => {
  for (const [id, job] of model.jobs) {
    const stored = await store.job(id)
    if (stored?.Revision !== job.Revision || stored.State.StateType !== job.State.StateType) {
      world.violate('I1', `job ${id} is stored as ${stored?.State.StateType} ${stored?.Revision}, not ${job.Revision}`)
    }
    for (const { ID, Revision, ComputeState } of model.executionsOf(id)) {
      const row = await store.execution(ID)
      if (row?.Revision !== Revision || row.ComputeState.StateType !== ComputeState.StateType) {
        world.violate('I1', `${ID} is stored as ${row?.ComputeState.StateType}, not ${ComputeState.StateType}`)
      }
    }
    const executions = await store.executionsOfJob(id)
    if (executions.length !== model.executionsOf(id).length) world.violate('I2', `job ${id} has unknown executions`)
    await checkHistory(world, model, store, id)
  }
  const stored = await store.jobIdsInStates(['Pending', 'Queued', 'Running', 'Completed', 'Failed', 'Stopped'])
  const unknown = stored.find((id) => !model.jobs.has(id))
  if (unknown) world.violate('I2', `job ${unknown} is stored, and nobody made it`)
}

/** I7: the lines of a job are all there, in their order, and their numbers have no gaps. */
async function checkHistory(world: World, model: DurableModel, store: Store, id: JobId): Promise<void> {
  const textOf = ({ Type, Event }: NewHistory): string => `${Type} ${Event.Message}`
  const written = model.historyOf(id).map((line, at) => `${at + 1} ${textOf(line)}`)
  const stored = (await store.history(id, 0, written.length + 1)).map((line) => `${line.SeqNum} ${textOf(line)}`)
  const at = written.findIndex((line, place) => stored[place] !== line)
  if (at !== -1) world.violate('I7', `the history of ${id} has "${stored[at]}" in place of "${written[at]}"`)
  if (stored.length > written.length) world.violate('I7', `the history of ${id} has "${stored.at(-1)}" more`)
}
