import { no, type Verdict, yes } from '#contracts/verdict.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { formatResources, parseResources } from '#lib/resources.ts'
import { isWantedBy } from '#models/gpu-vendor.ts'
import { fitsInto, type Resources, resourcesOr } from '#models/resources.ts'
import type { Task } from '#models/task.ts'
import type { BidContext } from './bid-rule.ts'

/** What the job asks for, over the defaults. */
export const askedOf = ({ task, settings }: Pick<BidContext, 'task' | 'settings'>): Resources =>
  resourcesOr(parseResources(task.Resources), settings.defaultResources)

/**
 * What the execution will take here: what it asks for, and at least the disk its inputs need.
 * A source that cannot be reached is a fault.
 */
export const usageOf = async (context: BidContext): Promise<Resources> => {
  const asked = askedOf(context)
  const inputBytes = await inputSize(context)
  return { ...asked, Disk: Math.max(asked.Disk, inputBytes) }
}

/**
 * What it may use of what it takes. Disk is limited only where some was asked for: elsewhere the promise is the size of
 * the inputs, which says nothing about what the program writes.
 */
export const limitsOf = (taken: Resources, task: Task, defaults: Resources): Resources =>
  resourcesOr(parseResources(task.Resources), defaults).Disk > 0 ? taken : { ...taken, Disk: 0 }

export const resourceVerdict = (usage: Resources, { job, settings }: BidContext): Verdict => {
  const maxPerJob = settings.maxPerJob()
  const GPU = Math.min(maxPerJob.GPU, maxPerJob.GPUs?.filter(isWantedBy(job)).length ?? Infinity)
  const most = { ...maxPerJob, GPU }
  return fitsInto(usage, most)
    ? yes
    : no(`insufficient resources - requested: ${formatResources(usage)}, available: ${formatResources(most)}`)
}

const inputSize = async ({ task, registries, share, signal }: BidContext): Promise<number> => {
  try {
    const sizes = await Promise.all(
      task.InputSources.map(async (input) => {
        const storage = registries.storages.get(input.Source.Type)
        return (await storage?.sizeBytes(input.Source, share, signal)) ?? 0
      }),
    )
    return sizes.reduce((sum, size) => sum + size, 0)
  } catch (error) {
    const inner = error instanceof Fault ? error : new Fault('InternalError', messageOf(error), { cause: error })
    throw new Fault(
      inner.code,
      `calculating resource usage of job: error getting job disk space requirements: ${inner.message}`,
      {
        cause: error,
        ...(inner.hint ? { hint: inner.hint } : {}),
        ...(inner.details ? { details: { ...inner.details } } : {}),
      },
    )
  }
}
