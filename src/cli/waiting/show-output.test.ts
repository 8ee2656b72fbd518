import { describe, expect, it } from 'vitest'
import type { ShownExecution } from '#api/decode/execution.ts'
import type { Execution } from '#models/execution.ts'
import type { ComputeStateName } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { LastLines } from './last-lines.ts'
import { countsText } from './outlook.ts'
import { outputText } from './show-output.ts'

const ending = (text: string, ExitCode = 0, limit = 40) => {
  const lines = new LastLines(limit)
  lines.add(text)
  return { lines, execution: partOf<ShownExecution>({ ID: 'e-1', NodeID: 'n-1', RunOutput: { ExitCode } }) }
}
const shown = (endings: ReturnType<typeof ending>[], executions: number) =>
  outputText(endings, executions, 'job logs x', String)

describe('the output that a job ends with [R41]', () => {
  it('is all of it, with the exit code when it is bad, or nothing at all', () => {
    expect(shown([ending('a\nb')], 1)).toBe('\nOutput:\na\nb\n')
    expect(shown([ending('', 3)], 1)).toBe('\nOutput (exit code 3):\n')
    expect(shown([ending('')], 1)).toBe('')
    expect(shown([ending('\x1b[31mred')], 1)).toBe('\nOutput:\n\x1b[31mred\n\x1b[0m')
  })

  it('is the last lines, and how to get the rest', () => {
    const text = shown([ending('1\n2\n3\n', 0, 2)], 1)
    expect(text).toBe('\nOutput:\n2\n3\n\nThese are the last lines; all of it:\n\tjob logs x\n')
  })

  it('says which execution printed what, and that there are more', () => {
    const text = shown([ending('a\n'), ending('')], 3)
    expect(text).toMatch(/^\nOutput of execution e-1 on node n-1:\na\n\nThese are the last lines/)
  })
})

describe('the last lines of a text', () => {
  it('come out the same however the text was cut in pieces, and have a bound', () => {
    for (const pieces of [['a\nb\nc'], ['a', '\nb\n', 'c'], ['a\n', 'b', '\n', 'c\n']]) {
      const lines = new LastLines(2)
      for (const piece of pieces) lines.add(piece)
      expect([lines.text, lines.isCut]).toEqual(['b\nc\n', true])
    }
    const long = new LastLines(2)
    for (let at = 0; at < 100; at++) long.add('x'.repeat(1_000))
    expect([long.text.length, long.isCut]).toEqual([16_385, true])
  })
})

describe('how far many executions are', () => {
  const inStates = (...states: ComputeStateName[]) =>
    states.map((StateType) => partOf<Execution>({ ComputeState: { StateType } }))

  it('is counted by state; what has no execution, or lost it, waits', () => {
    const job = partOf<Job>({ Type: 'batch', Count: 6 })
    const executions = inStates('Completed', 'Running', 'Running', 'AskForBid', 'BidAccepted', 'Failed')
    expect(countsText(job, executions)).toBe('1 failed, 1 completed, 2 running, 2 starting, 1 waiting')
    expect(countsText({ ...job, Type: 'daemon' } as Job, inStates('Running'))).toBe('1 running')
  })
})
