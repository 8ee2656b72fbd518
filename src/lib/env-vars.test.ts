import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { envOfList, envProblem, sanitizeEnvValue } from './env-vars.ts'

describe('environment variables', () => {
  it('have names of capitals that are not ours, and a value', () => {
    expect(envProblem('A_1', 'v')).toBe('')
    expect(envProblem('a', 'v')).toBe("environment variable 'a' must be uppercase")
    expect(envProblem('BACALHAU_X', 'v')).toBe("environment variable 'BACALHAU_X' cannot start with BACALHAU_")
  })

  it('are read from lists of pairs', () => {
    expect(envOfList(['A=1', 'B', 'A=2=3', '__proto__=x'])).toEqual(
      Object.fromEntries([
        ['A', '2=3'],
        ['__proto__', 'x'],
      ]),
    )
  })
})

type EnvCase = { op: string; env: Record<string, string>; text: string; list: string[] }

describeVectors('env-vars.v1.9.3.json', ({ op, env, text, list }: EnvCase) => {
  if (op === 'sanitize') return sanitizeEnvValue(text)
  if (op === 'from-slice') return envOfList(list)
  const problems = Object.entries(env).map(([name, value]) => envProblem(name, value))
  const problem = problems.find((each) => each !== '')
  if (problem) throw new Error(problem)
  return null
})
