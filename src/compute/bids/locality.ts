import { no, yes } from '#contracts/verdict.ts'
import type { BidRule } from './bid-rule.ts'

export const localityRule: BidRule = async ({ task, settings, registries, signal }) => {
  if (settings.locality === 'Anywhere') return yes
  const local = await Promise.all(
    task.InputSources.map(
      async (input) => registries.storages.get(input.Source.Type)?.isLocal(input.Source, signal) ?? false,
    ),
  )
  const remote = local.filter((isLocal) => !isLocal).length
  return remote === 0
    ? yes
    : no(`this node does not have all input data locally (${remote} inputs require downloading)`)
}
