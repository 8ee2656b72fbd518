import type { Engine } from '#contracts/engine.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import { isNoSpec } from '#models/spec-config.ts'
import { type Installable, type Registry, unsupported } from '../registry.ts'
import type { BidContext, BidRule } from './bid-rule.ts'
import { askedOf } from './resources.ts'

const isThere = async <C extends Installable>(registry: Registry<C>, kind: string, type: string): Promise<Verdict> => {
  const component = registry.get(type)
  const verdict = component && (await registry.verdict(component))
  return verdict?.isYes ? yes : unsupported(kind, type, await registry.installed(), verdict?.reason)
}

export const publisherRule: BidRule = async ({ task, registries }) => {
  if (isNoSpec(task.Publisher)) return yes
  const verdict = await isThere(registries.publishers, 'publisher', task.Publisher.Type)
  return verdict.isYes ? (registries.publishers.get(task.Publisher.Type)?.accepts(task.Publisher) ?? verdict) : verdict
}

export const storageRule: BidRule = async ({ task, registries }) => {
  for (const input of task.InputSources) {
    const verdict = await isThere(registries.storages, 'input source', input.Source.Type)
    if (!verdict.isYes) return verdict
  }
  return yes
}

/** GPUs of the node may be of no use to its engine: then it is the wrong node for whoever would get them. */
const gpuVerdict = async (engine: Engine, context: BidContext, signal: AbortSignal): Promise<Verdict> => {
  if (!engine.handsIn) return yes
  const { GPU } = askedOf(context)
  const gpus = GPU > 0 ? (context.settings.maxPerJob().GPUs?.filter(context.mayHave) ?? []) : []
  const verdicts = await Promise.all(gpus.map(async (gpu) => engine.handsIn?.(gpu, signal) ?? yes))
  const refusals = verdicts.filter(({ isYes }) => !isYes)
  return gpus.length - refusals.length < GPU ? (refusals[0] ?? yes) : yes
}

export const engineRule: BidRule = async (context) => {
  const { task, signal } = context
  const { engines } = context.registries
  const verdict = await isThere(engines, 'engine', task.Engine.Type)
  const engine = engines.get(task.Engine.Type)
  if (!verdict.isYes || !engine) return verdict
  try {
    const ask = async (limit: AbortSignal): Promise<Verdict> => {
      const accepted = await engine.accepts(task.Engine, task.Network, limit)
      return accepted.isYes ? gpuVerdict(engine, context, limit) : accepted
    }
    return await engines.whileItWorks(engine, ask, signal)
  } catch (error) {
    // It may have gone since it was last asked: then this node is the wrong one, and nothing is wrong with the job.
    if ((await engines.verdict(engine)).isYes) await engines.ask(engine)
    const now = await isThere(engines, 'engine', task.Engine.Type)
    if (now.isYes) throw error
    return now
  }
}
