import { Fault } from '../fault.ts'
import { quote } from '../go/strconv-quote.ts'
import { labelKeyProblems, labelValueProblems } from './label-rules.ts'
import { numberOf } from './number.ts'

const operators = ['in', 'notin', '=', '==', '!=', 'gt', 'lt', 'exists', '!'] as const
type Operator = (typeof operators)[number]

/** One condition on labels, as a job's `Constraints` carry it. */
export type Requirement = {
  Key: string
  /** One of `operators`; anything else is refused when the requirement is checked. */
  Operator: string
  Values?: string[] | null
}

/** A requirement that has been checked. */
export type CheckedRequirement = { Key: string; Operator: Operator; Values: string[] }

/**
 * Checks a requirement as Kubernetes does when it builds one, except that `gt` and `lt` take decimals too.
 * Throws Fault('BadRequest') with all that is wrong; several problems stand in brackets.
 */
export function checkRequirement(requirement: Requirement): CheckedRequirement {
  const { Key, Operator, Values } = requirement
  const problems = [
    ...fieldProblem('key', Key, labelKeyProblems(Key)),
    ...operatorProblems(Operator, Values ?? null),
    ...(Values ?? []).flatMap((value, index) =>
      fieldProblem(`values[${index}][${Key}]`, value, labelValueProblems(value)),
    ),
  ]
  if (problems.length > 0) throw selectorFault(aggregate(problems))
  return { Key, Operator: Operator as Operator, Values: [...(Values ?? [])] }
}

/** What the job model says about a constraint before any node is asked; '' = nothing is wrong. */
export function constraintProblem({ Key, Operator, Values }: Requirement): string {
  const count = Values?.length ?? 0
  if (Key.trim() === '') return 'selector key cannot be blank'
  if (Operator === 'in' || Operator === 'notin') {
    return count === 0 ? 'selector values cannot be empty for In or NotIn operators' : ''
  }
  if (Operator === 'exists' || Operator === '!') {
    return count > 0 ? 'selector values must be empty for Exists or DoesNotExist operators' : ''
  }
  return count === 1 ? '' : 'selector values must have exactly one value for other operators'
}

/** The text of a requirement in a selector: `zone in (a,b)`, `!gpu`, `size>5`. */
export function formatRequirement({ Key, Operator, Values }: CheckedRequirement): string {
  switch (Operator) {
    case 'exists':
      return Key
    case '!':
      return `!${Key}`
    case 'in':
    case 'notin':
      return `${Key} ${Operator} (${[...Values].sort().join(',')})`
    default:
      return `${Key}${{ gt: '>', lt: '<' }[Operator as string] ?? Operator}${Values[0] ?? ''}`
  }
}

/** `<path>: Invalid value: "<value>": <problems>`, or nothing. */
export const fieldProblem = (path: string, value: string, problems: readonly string[]): string[] =>
  problems.length === 0 ? [] : [`${path}: Invalid value: ${quote(value)}: ${problems.join('; ')}`]

export const selectorFault = (message: string): Fault =>
  new Fault('BadRequest', message, {
    component: 'APIServer',
    hint: 'Selectors look like env=prod,zone in (a,b),!gpu,size>5.',
  })

function operatorProblems(operator: string, values: string[] | null): string[] {
  const count = values?.length ?? 0
  const wrongCount = (problem: string) => [`values: Invalid value: ${goStrings(values)}: ${problem}`]
  switch (operator) {
    case 'in':
    case 'notin':
      return count === 0 ? wrongCount("for 'in', 'notin' operators, values set can't be empty") : []
    case '=':
    case '==':
    case '!=':
      return count === 1 ? [] : wrongCount('exact-match compatibility requires one single value')
    case 'exists':
    case '!':
      return count === 0 ? [] : wrongCount('values set must be empty for exists and does not exist')
    case 'gt':
    case 'lt':
      return [
        ...(count === 1 ? [] : wrongCount("for 'Gt', 'Lt' operators, exactly one value is required")),
        ...(values ?? []).flatMap(numberProblem),
      ]
    default: {
      const supported = operators.map((each) => `"${each}"`).join(', ')
      return [`operator: Unsupported value: ${quote(operator)}: supported values: ${supported}`]
    }
  }
}

const numberProblem = (value: string, index: number): string[] =>
  fieldProblem(
    `values[${index}]`,
    value,
    numberOf(value) === undefined ? ["for 'Gt', 'Lt' operators, the value must be an integer"] : [],
  )

/** A list of texts as Go prints it with `%#v`. */
const goStrings = (values: string[] | null): string =>
  values === null ? '[]string(nil)' : `[]string{${values.map((value) => quote(value)).join(', ')}}`

/** One problem stands alone, several different ones in brackets. */
function aggregate(problems: readonly string[]): string {
  const different = [...new Set(problems)]
  return different.length === 1 ? (different[0] as string) : `[${different.join(', ')}]`
}
