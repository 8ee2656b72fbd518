import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors, goldensDir, type VectorCase, vectorCases } from '../../../test/kit/vectors.ts'
import { labelKeyProblems, labelValueProblems } from './label-rules.ts'
import { checkLabels } from './labels.ts'
import { compileSelector, type Labels, requiredLabels } from './match.ts'
import { parseSelector } from './parse.ts'
import { checkRequirement, constraintProblem, formatRequirement, type Requirement } from './requirement.ts'

describe('selectors', () => {
  it('tell the labels that an index can look for: those with one value that all must have [W41]', () => {
    const selector = 'a=1,b==2,c in (3),d in (4,5),e!=6,f notin (7),g,!h,i>8'
    expect(requiredLabels(parseSelector(selector))).toEqual({ a: '1', b: '2', c: '3' })
    expect(requiredLabels(parseSelector('bacalhau_canary!=true'))).toEqual({})
  })

  it('know every operator the documentation names [R115] [R118]', () => {
    const labels = { env: 'prod', version: '2.5', project: '' }
    const holds = (selector: string) => compileSelector(selector)(labels)
    expect(holds('env=prod,env==prod,env in (dev,prod),env!=dev,env notin (dev),project,!gpu')).toBe(true)
    for (const selector of ['env=dev', 'env in (dev)', 'env notin (prod)', 'gpu', '!project', 'gpu=1']) {
      expect(holds(selector), selector).toBe(false)
    }
  })

  it('compare decimals as numbers, with symbols and with words [R116]', () => {
    const newer = compileSelector('version gt 2.0')
    const labels: Labels[] = [{ version: '2.5' }, { version: '10' }, { version: '2.0' }, { version: 'x' }, {}]
    expect(labels.map(newer)).toEqual([true, true, false, false, false])
    expect(compileSelector('size<9007199254740993')({ size: '9007199254740992' })).toBe(true)
    expect(compileSelector([{ Key: 'a', Operator: 'lt', Values: ['1.5'] }])({ a: '-3' })).toBe(true)
  })

  it('are met by any labels when they are empty', () => {
    expect(compileSelector('')({ a: 'b' })).toBe(true)
    expect(compileSelector([])({})).toBe(true)
  })

  it('see own labels only', () => {
    expect(compileSelector('constructor')({})).toBe(false)
    expect(compileSelector('!toString')({})).toBe(true)
  })

  it('read back what they write', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][-A-Za-z0-9_.]{0,5}[A-Za-z0-9]$/)
    const requirement = fc
      .record({ Key: name, Operator: fc.constantFrom('in', 'notin', '=', '!=', 'exists', '!'), Values: fc.array(name) })
      .filter((each) => constraintProblem(each) === '')
    fc.assert(
      fc.property(requirement, (each) => {
        const checked = checkRequirement(each)
        expect(parseSelector(formatRequirement(checked))).toEqual([
          { ...checked, Values: [...new Set(checked.Values)].sort() },
        ])
      }),
      { seed: 1 },
    )
  })
})

describe('constraints', () => {
  it('are refused with the words of the job model', () => {
    expect(constraintProblem({ Key: ' ', Operator: '=' })).toBe('selector key cannot be blank')
    expect(constraintProblem({ Key: 'a', Operator: 'exists', Values: null })).toBe('')
  })

  it('keep the integer rule for what is no number', () => {
    expect(() => checkRequirement({ Key: 'a', Operator: 'gt', Values: ['10Gi'] })).toThrow(
      `values[0]: Invalid value: "10Gi": for 'Gt', 'Lt' operators, the value must be an integer`,
    )
  })
})

const wantedError = ({ accepted: [first] }: VectorCase): string => (first && 'err' in first ? first.err : '')

/** Ours takes decimals and the words gt and lt. */
const isOurExtension = (vector: VectorCase, text: string): boolean => {
  const error = wantedError(vector)
  return (
    (/"[0-9]+\.[0-9]+": for 'Gt', 'Lt' operators/.test(error) && /[0-9]\.[0-9]/.test(text)) ||
    (/found '(gt|lt)', expected: in, notin/.test(error) && /\b(gt|lt)\b/.test(text))
  )
}

type Parsed = { json: Requirement; string: string }

describeVectors(
  'labels-parse.json',
  (text: string) => {
    const requirements = parseSelector(text)
    return {
      empty: requirements.length === 0,
      requirements: requirements.length === 0 ? null : requirements.map(modelForm),
      selector: requirements.map(formatRequirement).join(','),
      wire: requirements.length === 0 ? null : requirements.map(formatRequirement),
    }
  },
  { skip: (vector) => isOurExtension(vector, vector.in) },
)

const modelForm = ({ Key, Operator, Values }: ReturnType<typeof checkRequirement>): Parsed => ({
  json: Values.length === 0 ? { Key, Operator } : { Key, Operator, Values },
  string: `${Key} ${Operator} ${Values.join('|')}`,
})

describeVectors(
  'labels-match.json',
  ({ selector, labels }: { selector: string; labels: Labels }) => compileSelector(selector)(labels),
  // The reference knows no decimals, so that no label 1.5 is less than anything; ours is [R116].
  { skip: ({ in: { labels, selector } }) => /(?:^|,)size ?</.test(selector) && labels.size === '1.5' },
)

it('a decimal label is less than a greater number, which the reference cannot say [R116]', () => {
  expect(['size<5', 'size<11', 'size<1'].map((selector) => compileSelector(selector)({ size: '1.5' }))).toEqual([
    true,
    true,
    false,
  ])
})

/** The label sets that `matches` speaks of stand in the description of the file, as `{a:'',b:1}`. */
const labelSets: Labels[] = [...descriptionOf('labels-requirement.json').matchAll(/\{([^{}]*)\}/g)].map(
  ([, set = '']) => Object.fromEntries(set.split(',').flatMap((pair) => labelOf(pair))),
)

function labelOf(pair: string): [string, string][] {
  const at = pair.indexOf(':')
  return at === -1 ? [] : [[pair.slice(0, at), pair.slice(at + 1).replaceAll("'", '')]]
}

function descriptionOf(file: string): string {
  const path = join(goldensDir(), 'vectors', file)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).about : ''
}

type RequirementCase = { key: string; operator: string; values: string[] | null }

describeVectors(
  'labels-requirement.json',
  ({ key, operator, values }: RequirementCase) => {
    const requirement = { Key: key, Operator: operator, Values: values }
    const matches = compileSelector([requirement])
    return { wire: formatRequirement(checkRequirement(requirement)), matches: labelSets.map(matches) }
  },
  {
    skip: (vector) => isOurExtension(vector, String(vector.in.values)),
    isSame: (actual, expected, vector) => {
      const { wire, matches } = actual as { wire: string; matches: boolean[] }
      const wanted = expected as { wire: string; matches: boolean[] }
      const { key, operator, values } = vector.in as RequirementCase
      const judged = (vector.raw['v1.4.0'] ?? vector.raw) as { valid: string }
      return (
        wire === wanted.wire &&
        constraintProblem({ Key: key, Operator: operator, Values: values }) === judged.valid &&
        matches.length === wanted.matches.length &&
        matches.every((each, index) => each === wanted.matches[index] || labelSets[index]?.size === '1.5')
      )
    },
  },
)

it('what is left out of the vectors for its decimals and words is not refused for them', () => {
  const refusals = (file: string, check: (given: any) => unknown, textOf: (given: any) => string) =>
    (vectorCases(file) ?? [])
      .filter((vector) => isOurExtension(vector, textOf(vector.in)))
      .filter((vector) => refusalOf(() => check(vector.in)) === wantedError(vector))
  expect(refusals('labels-parse.json', parseSelector, String)).toEqual([])
  const requirement = ({ key, operator, values }: RequirementCase) =>
    checkRequirement({ Key: key, Operator: operator, Values: values })
  expect(refusals('labels-requirement.json', requirement, ({ values }) => String(values))).toEqual([])
})

function refusalOf(check: () => unknown): string {
  try {
    check()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describeVectors('labels-validate.json', ({ op, text, labels }: { op: string; text: string; labels: Labels }) => {
  if (op === 'key') return labelKeyProblems(text)
  if (op === 'value') return labelValueProblems(text)
  checkLabels(labels)
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(',')
})
