import { isDeepStrictEqual } from 'node:util'
import { describe } from 'vitest'
import { parseJson } from '#lib/json/parse.ts'
import { filled } from '../../test/kit/filled.ts'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'
import { constraintShape, jobShape, submitShape } from './job.schema.ts'
import type { Shape } from './shape.schema.ts'
import { goSentence } from './shape-fault.schema.ts'
import { specConfigShape } from './spec-config.schema.ts'
import {
  inputSourceShape,
  networkShape,
  resourcesShape,
  resultPathShape,
  taskShape,
  timeoutShape,
} from './task.schema.ts'

const shapes: Record<string, Shape<unknown>> = {
  Job: jobShape,
  Task: taskShape,
  SpecConfig: specConfigShape,
  InputSource: inputSourceShape,
  ResultPath: resultPathShape,
  ResourcesConfig: resourcesShape,
  NetworkConfig: networkShape,
  TimeoutConfig: timeoutShape,
  LabelSelectorRequirement: constraintShape,
  PutJobRequest: submitShape,
}

/** Fields of every request of Go clients: never read, so that they cannot be wrong. One of them is the token. */
const isOfBase = ({ accepted: [wanted] }: VectorCase): boolean =>
  wanted !== undefined && 'err' in wanted && wanted.err.includes('.BaseRequest.')
const isAsked = (vector: VectorCase): boolean => shapes[vector.in.type] !== undefined && !isOfBase(vector)

function read({ type, json }: { type: string; json: string }): unknown {
  const value = parseJson(json, { keepsText: true })
  try {
    return filled(value === null ? {} : (shapes[type] as Shape<unknown>).decode(value))
  } catch (error) {
    throw new Error(goSentence(error as Error), { cause: error })
  }
}

function isSame(actual: unknown, expected: unknown, { in: { type } }: VectorCase): boolean {
  const wanted = parseJson(expected as string) as Record<string, unknown>
  const { Credential, Namespace, ...rest } = wanted
  return isDeepStrictEqual(actual, filled(type === 'PutJobRequest' ? rest : wanted))
}
const isOlder = (vector: VectorCase): boolean => 'v1.4.0' in vector.raw || 'out' in vector.raw || 'err' in vector.raw

describe('shapes read what both versions read, and refuse it in the words of the older', () => {
  describeVectors('models.json', read, {
    versions: ['v1.4.0'],
    skip: (vector) => !isAsked(vector) || !isOlder(vector),
    isSame,
  })
})

describe('shapes read what the newer version reads', () => {
  describeVectors('models.json', read, {
    versions: ['v1.9.3'],
    errors: 'any',
    skip: (vector) => !isAsked(vector) || isOlder(vector),
    isSame,
  })
})
