import { compileSelector } from '#lib/selector/match.ts'
import type { Job, LabelSelectorRequirement } from '#models/job.ts'
import type { NodeView } from '../snapshot.ts'
import { constraintText, isPreference, labelsOf } from './labels.ts'

/** The first constraint of a job that a node's labels do not meet. */
export const unmetBy = ({ Constraints }: Job): ((node: NodeView) => LabelSelectorRequirement | undefined) => {
  const required = Constraints.filter((constraint) => !isPreference(constraint)).map((constraint) => ({
    constraint,
    matches: compileSelector([constraint]),
  }))
  return ({ state }) => required.find(({ matches }) => !matches(labelsOf(state)))?.constraint
}

/** `zone = eu`, `gpu exists`. */
export const unmetText = (constraint: LabelSelectorRequirement | undefined): string =>
  constraint ? constraintText(constraint).trimEnd() : 'the constraints'

/** `with label zone=eu`: what a node should have. */
export const unmetCure = (constraint: LabelSelectorRequirement | undefined): string => {
  const { Key = '', Operator, Values: [value = ''] = [] } = constraint ?? {}
  const isNamed = Operator === '=' || Operator === '==' || Operator === 'in'
  if (isNamed) return `start a node with label ${Key}=${value}, or change the constraint`
  if (Operator === 'exists') return `start a node with a label ${Key}, or change the constraint`
  return `start a node whose labels meet ${unmetText(constraint)}, or change the constraint`
}
