import { compileSelector } from '#lib/selector/match.ts'
import { vendorLabels } from '#models/gpu-vendor.ts'
import { type Job, type LabelSelectorRequirement } from '#models/job.ts'
import type { NodeState } from '#models/node.ts'

const preferencePrefix = 'favour_'

/** What constraints look at: what the node calls itself, and the vendors of the GPUs it reports, as Go nodes do not name them. */
export const labelsOf = ({ Info }: NodeState): Labels => {
  const gpus = Info.ComputeNodeInfo?.MaxCapacity.GPUs
  return gpus ? { ...vendorLabels(gpus), ...Info.Labels } : Info.Labels
}

type Labels = Readonly<Record<string, string>>
export type Selector = {
  matches(labels: Labels): boolean
  readonly text: string
  readonly constraints: readonly LabelSelectorRequirement[]
}

export const isPreference = (constraint: LabelSelectorRequirement): boolean =>
  constraint.Key.startsWith(preferencePrefix)

/** Constraints that must hold; undefined when there are none. Compiled once per specification. */
export const requiredSelector = (job: Job): Selector | undefined => selectorsOf(job).required

/** Whether a node's labels are what the user prefers; undefined when all are alike. */
export const preferenceOf = (job: Job): ((labels: Labels) => boolean) | undefined => selectorsOf(job).preferred?.matches

type Selectors = { required: Selector | undefined; preferred: Selector | undefined }
const compiled = new WeakMap<readonly LabelSelectorRequirement[], Selectors>()

const selectorsOf = ({ Constraints }: Job): Selectors => {
  const known = compiled.get(Constraints)
  if (known) return known
  const preferences = Constraints.filter(isPreference).map((c) => ({ ...c, Key: c.Key.slice(preferencePrefix.length) }))
  const made = { required: compile(Constraints.filter((c) => !isPreference(c))), preferred: compile(preferences) }
  compiled.set(Constraints, made)
  return made
}

const compile = (constraints: readonly LabelSelectorRequirement[]): Selector | undefined =>
  constraints.length > 0
    ? { matches: compileSelector(constraints), text: constraints.map(constraintText).join(' '), constraints }
    : undefined

/** As clients read it in reasons: `zone = nowhere`, `zone in a|b`. */
export const constraintText = ({ Key, Operator, Values = [] }: LabelSelectorRequirement): string =>
  `${Key} ${Operator} ${Values.join('|')}`
