import { numberOf } from './number.ts'
import { parseSelector } from './parse.ts'
import { type CheckedRequirement, checkRequirement, type Requirement } from './requirement.ts'

export type Labels = Readonly<Record<string, string>>
/** Whether a set of labels meets all requirements of a selector. */
export type Matcher = (labels: Labels) => boolean

/**
 * Makes a fast question of a selector text or of requirements; none = every set of labels matches.
 * Throws Fault('BadRequest') like parseSelector and checkRequirement.
 */
export function compileSelector(selector: string | readonly Requirement[]): Matcher {
  const checked = typeof selector === 'string' ? parseSelector(selector) : selector.map(checkRequirement)
  const matchers = checked.map(matcherOf)
  return (labels) => matchers.every((matches) => matches(labels))
}

/** The labels that all must have that match: what an index can look for. */
export const requiredLabels = (requirements: readonly CheckedRequirement[]): Labels =>
  Object.fromEntries(
    requirements
      .filter(({ Operator, Values }) => ['in', '=', '=='].includes(Operator) && Values.length === 1)
      .map(({ Key, Values }) => [Key, Values[0] as string]),
  )

function matcherOf({ Key, Operator, Values }: CheckedRequirement): Matcher {
  const values = new Set(Values)
  switch (Operator) {
    case 'in':
    case '=':
    case '==':
      return (labels) => Object.hasOwn(labels, Key) && values.has(labels[Key] as string)
    case 'notin':
    case '!=':
      return (labels) => !Object.hasOwn(labels, Key) || !values.has(labels[Key] as string)
    case 'exists':
      return (labels) => Object.hasOwn(labels, Key)
    case '!':
      return (labels) => !Object.hasOwn(labels, Key)
    case 'gt':
    case 'lt':
      return comparison(Key, Operator, Values[0] as string)
  }
}

function comparison(key: string, operator: 'gt' | 'lt', value: string): Matcher {
  const limit = numberOf(value) as number | bigint
  return (labels) => {
    const label = Object.hasOwn(labels, key) ? numberOf(labels[key] as string) : undefined
    if (label === undefined) return false
    return operator === 'gt' ? label > limit : label < limit
  }
}
