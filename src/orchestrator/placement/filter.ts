import { formatResources } from '#lib/resources.ts'
import { type Job, mainTask } from '#models/job.ts'
import { fitsInto, type Resources } from '#models/resources.ts'
import { isNoSpec, typeKey } from '#models/spec-config.ts'
import type { NodeView } from '../snapshot.ts'
import { requiredSelector } from './labels.ts'

/**
 * Why a node cannot take an execution. `isBusy` = it could once running work ends; waiting helps.
 * Texts are the ones clients know.
 */
export type Refusal = { reason: string; isBusy: boolean }

type Rule = (job: Job, need: Resources, node: NodeView) => Refusal | undefined

const refuse = (reason: string): Refusal => ({ reason, isBusy: false })

const supports = (offered: readonly string[], wanted: readonly string[]): Refusal | undefined => {
  const have = offered.map(typeKey)
  const missing = wanted.find((type) => !have.includes(typeKey(type)))
  return missing === undefined ? undefined : refuse(`does not support ${missing}, only ${offered.join(', ')}`)
}

const engines: Rule = (job, _need, node) => {
  const type = mainTask(job).Engine.Type
  const { ExecutionEngines = [], UnavailableEngines = {} } = node.state.Info.ComputeNodeInfo ?? {}
  const refusal = supports(ExecutionEngines, [type])
  const key = typeKey(type)
  const why = Object.hasOwn(UnavailableEngines, key) ? UnavailableEngines[key] : undefined
  return refusal && why !== undefined ? refuse(`${refusal.reason} (${type}: ${why})`) : refusal
}

const publishers: Rule = (job, _need, node) => {
  const publisher = mainTask(job).Publisher
  return isNoSpec(publisher) ? undefined : supports(node.state.Info.ComputeNodeInfo?.Publishers ?? [], [publisher.Type])
}

/** Other names of a storage; nodes tell one. */
const storageNames = new Map([['local', 'localDirectory']])

const storages: Rule = (job, _need, node) =>
  supports(
    node.state.Info.ComputeNodeInfo?.StorageSources ?? [],
    mainTask(job).InputSources.map(({ Source }) => storageNames.get(typeKey(Source.Type)) ?? Source.Type),
  )

const labels: Rule = (job, _need, node) => {
  const selector = requiredSelector(job)
  if (!selector || selector.matches(node.state.Info.Labels)) return undefined
  const entries = Object.entries(node.state.Info.Labels).sort(([a], [b]) => (a < b ? -1 : 1))
  const map = entries.map(([key, value]) => `${key}:${value}`).join(' ')
  return refuse(`labels map[${map}] don't match required selectors [${selector.text}]`)
}

const capacity: Rule = (_job, need, node) => {
  const info = node.state.Info.ComputeNodeInfo
  if (!info) return refuse('node queue usage is unknown')
  if (fitsInto(need, node.free) && fitsInto(need, info.MaxJobRequirements)) return undefined
  const fitsWhenIdle = fitsInto(need, info.MaxJobRequirements) && fitsInto(need, info.MaxCapacity)
  return { reason: `node busy with available capacity ${formatResources(node.free)}`, isBusy: fitsWhenIdle }
}

/** In the order in which users know them; of several reasons the last one is shown. */
const rules: readonly Rule[] = [engines, publishers, storages, labels, capacity]

/** The reason why not, or undefined when it can. */
export const refusalOf = (job: Job, need: Resources, node: NodeView): Refusal | undefined => {
  const refusals = rules.map((rule) => rule(job, need, node)).filter((refusal) => refusal !== undefined)
  const last = refusals.at(-1)
  return last && { reason: last.reason, isBusy: refusals.every((refusal) => refusal.isBusy) }
}

/** Nodes that may take work at all. */
export const isEligible = (node: NodeView): boolean =>
  node.isConnected && node.state.Membership === 'APPROVED' && node.state.Info.NodeType === 'Compute'
