import type { WorkRow } from '#contracts/store.ts'
import { isCounted, mainTask } from '#models/job.ts'
import type { Held } from './held.ts'
import type { Registries } from './registry.ts'

/**
 * What a program's name stands for, told with its start: all executions of a job's version run the same (X10). That is what the
 * job has fixed already, else what the engine finds here; undefined when there is nothing to fix. It is used at once, unless
 * others of the job may be finding something else at the same time: then it is used when the orchestrator says what counts.
 */
export async function findContent(held: Held, registries: Pick<Registries, 'engines'>): Promise<string | undefined> {
  const content = held.row.order.execution.Content ?? (await foundHere(held, registries))
  if (!content || !isFoundByOthers(held.row)) held.useContent(content)
  return content
}

export const isFoundByOthers = ({ order: { execution, job, origin } }: WorkRow): boolean =>
  !execution.Content && !origin && !(isCounted(job.Type) && job.Count === 1)

/** When the engine cannot say it, neither can it start the program: what is wrong shows there. */
async function foundHere({ row, signal }: Held, { engines }: Pick<Registries, 'engines'>): Promise<string | undefined> {
  const { Engine } = mainTask(row.order.job)
  return engines
    .get(Engine.Type)
    ?.contentOf?.(Engine, signal)
    .catch(() => undefined)
}
