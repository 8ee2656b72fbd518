import { type Verdict, yes } from '#contracts/verdict.ts'
import { isNoSpec } from '#models/spec-config.ts'
import { type Installable, type Registry, unsupported } from '../registry.ts'
import type { BidRule } from './bid-rule.ts'

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

export const engineRule: BidRule = async ({ task, registries, signal }) => {
  const { engines } = registries
  const verdict = await isThere(engines, 'engine', task.Engine.Type)
  const engine = engines.get(task.Engine.Type)
  if (!verdict.isYes || !engine) return verdict
  try {
    return await engines.whileItWorks(engine, signal, (limit) => engine.accepts(task.Engine, task.Network, limit))
  } catch (error) {
    // It may have gone since it was last asked: then this node is the wrong one, and nothing is wrong with the job.
    if ((await engines.verdict(engine)).isYes) await engines.ask(engine)
    const now = await isThere(engines, 'engine', task.Engine.Type)
    if (now.isYes) throw error
    return now
  }
}
