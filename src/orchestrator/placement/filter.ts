import { formatResources } from '#lib/resources.ts'
import { shortId } from '#lib/short-id.ts'
import { type Job, mainTask } from '#models/job.ts'
import { type ComputeNodeInfo, isOurs } from '#models/node.ts'
import { fitsInto, type Resources } from '#models/resources.ts'
import { placeOf } from '#models/result-place.ts'
import { isNoSpec, typeKey } from '#models/spec-config.ts'
import type { NodeView } from '../snapshot.ts'
import { freeGpusFor, gpusFor, gpusText } from './gpus.ts'
import { labelsOf, requiredSelector } from './labels.ts'
import { freeFor } from './reservation.ts'

/** What keeps a node from an execution: where it stands in the cluster, or what the job asks for. */
export type RuleName =
  | 'approval'
  | 'rejected'
  | 'connection'
  | 'cordon'
  | 'line'
  | 'engine'
  | 'publisher'
  | 'storage'
  | 'patterns'
  | 'labels'
  | 'size'
  | 'room'
  | 'reserved'
  | 'declined'
  | 'max-per-node'

/**
 * Why a node cannot take an execution: the first rule that said so. `isBusy` = it could once running work ends;
 * waiting helps. Texts are the ones clients know.
 */
export type Refusal = {
  rule: RuleName
  /** The type that the node has not, when that is it. */
  missing?: string
  /** Written only for those who read it: a job on a large cluster is refused by thousands. */
  reason: () => string
  isBusy: boolean
}

type Rule = (job: Job, need: Resources, node: NodeView) => Refusal | undefined

const refuse = (rule: RuleName, reason: () => string): Refusal => ({ rule, reason, isBusy: false })

type Kind = 'engine' | 'publisher' | 'storage'

/** What a node offers of each kind, and why it does not offer the rest of what it knows. */
function offeredBy({ state }: NodeView, kind: Kind): { offered: readonly string[]; faults: Record<string, string> } {
  const info: Partial<ComputeNodeInfo> = state.Info.ComputeNodeInfo ?? {}
  if (kind === 'engine') return { offered: info.ExecutionEngines ?? [], faults: info.UnavailableEngines ?? {} }
  if (kind === 'publisher') return { offered: info.Publishers ?? [], faults: info.UnavailablePublishers ?? {} }
  return { offered: info.StorageSources ?? [], faults: info.UnavailableStorages ?? {} }
}

/** Why something does not work on the node that it knows. */
export function faultAt(node: NodeView, kind: Kind, type: string): string | undefined {
  const { faults } = offeredBy(node, kind)
  return Object.hasOwn(faults, typeKey(type)) ? faults[typeKey(type)] : undefined
}

function supports(node: NodeView, kind: Kind, wanted: readonly string[]): Refusal | undefined {
  const { offered } = offeredBy(node, kind)
  const missing = wanted.find((type) => !offered.some((each) => typeKey(each) === typeKey(type)))
  if (missing === undefined) return undefined
  const why = faultAt(node, kind, missing)
  const because = why === undefined ? '' : ` (${missing}: ${why})`
  return { ...refuse(kind, () => `does not support ${missing}, only ${offered.join(', ')}${because}`), missing }
}

const engines: Rule = (job, _need, node) => supports(node, 'engine', [mainTask(job).Engine.Type])

const publishers: Rule = (job, _need, node) => {
  const publisher = mainTask(job).Publisher
  return isNoSpec(publisher) ? undefined : supports(node, 'publisher', [publisher.Type])
}

/** Other names of a storage; nodes tell one. A signed address of S3 is one of the web. */
const storageNames = new Map([
  ['local', 'localDirectory'],
  ['s3presigned', 'urlDownload'],
])

const storages: Rule = (job, _need, node) =>
  supports(
    node,
    'storage',
    mainTask(job).InputSources.map(({ Source }) => storageNames.get(typeKey(Source.Type)) ?? Source.Type),
  )

/** Go nodes would publish nothing, or everything, of a result path with a pattern: only nodes of ours know those. */
const patterns: Rule = (job, _need, node) => {
  if (isOurs(node.state.Info)) return undefined
  const hasPattern = mainTask(job).ResultPaths.some(({ Path }) => placeOf(Path).pattern !== '')
  return hasPattern ? refuse('patterns', () => 'does not support patterns in result paths') : undefined
}

const labels: Rule = (job, _need, node) => {
  const selector = requiredSelector(job)
  if (!selector || selector.matches(labelsOf(node.state))) return undefined
  return refuse(
    'labels',
    () => `labels map[${mapText(node.state.Info.Labels)}] don't match required selectors [${selector.text}]`,
  )
}

const mapText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}:${value}`)
    .join(' ')

const capacity: Rule = (job, need, node) => {
  const info = node.state.Info.ComputeNodeInfo
  if (!info) return refuse('size', () => 'node queue usage is unknown')
  const free = freeGpusFor(job, node)
  if (fitsInto(need, free) && fitsInto(need, info.MaxJobRequirements)) return reserved(job, need, node)
  const all = gpusFor(job, info.MaxCapacity)
  const fitsAll = fitsInto(need, all)
  const fitsWhenIdle = fitsAll && fitsInto(need, info.MaxJobRequirements)
  const reason = (): string => {
    if (need.GPU > all.GPU)
      return `job requires more ${gpusText(job)} (${need.GPU}) than the maximum available (${all.GPU})`
    return fitsAll && !fitsWhenIdle
      ? `node takes no job of more than ${formatResources(info.MaxJobRequirements)}`
      : `node busy with available capacity ${formatResources(free)}`
  }
  return { rule: fitsWhenIdle ? 'room' : 'size', reason, isBusy: fitsWhenIdle }
}

/** It has room, but for somebody else. */
const reserved: Rule = (job, need, node) => {
  if (fitsInto(need, freeFor(job, node))) return undefined
  const { jobId = '' } = node.reservation ?? {}
  return { rule: 'reserved', reason: () => `free capacity is reserved for job ${shortId(jobId)}`, isBusy: true }
}

/** In the order in which users know them; of several reasons the last one is shown, but not one that passes before one that stays. */
const rules: readonly Rule[] = [engines, publishers, storages, patterns, labels, capacity]

/** The first rule and the reason why not, or undefined when it can. */
export const refusalOf = (job: Job, need: Resources, node: NodeView): Refusal | undefined => {
  let told: Refusal | undefined
  for (const rule of rules) {
    const refusal = rule(job, need, node)
    if (!refusal) continue
    if (told && refusal.isBusy && !told.isBusy) continue
    told = told ? { ...told, reason: refusal.reason, isBusy: refusal.isBusy } : refusal
  }
  return told
}

/** The same question without the why, and the rule first that most nodes fail. */
export const meetsRules = (job: Job, need: Resources, node: NodeView): boolean =>
  rules.findLast((rule) => rule(job, need, node) !== undefined) === undefined

export const isComputeNode = (node: NodeView): boolean => node.state.Info.NodeType === 'Compute'

/** What keeps a node from all work, whatever is asked; undefined when it may have some. */
export const closedBy = ({ state, isConnected }: NodeView): RuleName | undefined => {
  if (state.Membership === 'REJECTED') return 'rejected'
  if (state.Membership === 'PENDING') return 'approval'
  if (!isConnected) return 'connection'
  return state.Cordon ? 'cordon' : undefined
}

/** Nodes that may take work at all. */
export const isEligible = (node: NodeView): boolean => isComputeNode(node) && closedBy(node) === undefined
