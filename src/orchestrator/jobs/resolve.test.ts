import { expect, it } from 'vitest'
import type { Execution } from '#models/execution.ts'
import { executionNamed } from './resolve.ts'

const executions = ['e-1a2b3c4d-one', 'e-1a2b3c4d-two', 'e-550ea9f2'].map((ID) => ({ ID }) as Execution)

it('an execution is found by its full id and by what only its own begins with [R21]', () => {
  expect(executionNamed(executions, 'e-1a2b3c4d-two')?.ID).toBe('e-1a2b3c4d-two')
  expect(executionNamed(executions, 'e-5')?.ID).toBe('e-550ea9f2')
  expect(executionNamed(executions, 'e-9')).toBeUndefined()
})

it('what several begin with is refused, with their names', () => {
  expect(() => executionNamed(executions, 'e-1a2b3c4d')).toThrow(
    expect.objectContaining({
      code: 'MultipleFound',
      message: expect.stringContaining('e-1a2b3c4d-one e-1a2b3c4d-two'),
    }),
  )
})
