import { parseJson } from '#lib/json/parse.ts'
import { describeVectors } from '../../test/kit/vectors.ts'
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

// Whether it is read, and in which words it is refused; what is written is judged with the encoders.
describeVectors(
  'models.json',
  ({ type, json }: { type: string; json: string }) => {
    const shape = shapes[type] as Shape<unknown>
    const value = parseJson(json)
    try {
      return value === null || shape.decode(value) ? 'read' : 'not read'
    } catch (error) {
      throw new Error(goSentence(error as Error), { cause: error })
    }
  },
  {
    versions: ['v1.4.0'],
    isSame: (actual) => actual === 'read',
    // Names of Go types differ in 1.9. The credential of a body is never read, so it cannot be wrong.
    skip: ({ in: { type, json }, accepted }) =>
      shapes[type] === undefined || accepted.length === 0 || json.includes('"Credential"'),
  },
)
