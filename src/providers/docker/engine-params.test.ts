import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { decodeDockerParams } from './engine-params.ts'

// Any number of variables is right (X3), so the newer version judges where they differ.
describeVectors(
  'engine-spec.json',
  ({ type, params }) => decodeDockerParams({ Type: type, Params: JSON.parse(params) }),
  { versions: ['v1.9.3'], skip: (vector) => vector.in.op !== 'docker' },
)

describe('parameters of engine docker', () => {
  const decode = (Params: Record<string, unknown>) => decodeDockerParams({ Type: 'docker', Params })

  it('takes a single variable [R159, X3]', () => {
    expect(decode({ Image: 'u', EnvironmentVariables: ['A=1'] }).EnvironmentVariables).toEqual(['A=1'])
  })

  it('refuses variables that belong to the system, in any case', () => {
    expect(() => decode({ Image: 'u', EnvironmentVariables: ['bacalhau_job_id=x'] })).toThrow(
      "environment variable 'bacalhau_job_id' cannot start with BACALHAU_",
    )
  })
})
