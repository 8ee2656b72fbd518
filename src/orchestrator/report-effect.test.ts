import { expect, it } from 'vitest'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { job, World } from '../../test/kit/reconcile-world.ts'
import { effectOf } from './report-effect.ts'

const output = { Stdout: '', StdoutTruncated: false, stderr: '', StderrTruncated: false, ExitCode: 0, ErrorMsg: '' }

const endOf = (Type: 'batch' | 'service') => {
  const world = new World(job({ Type }), [{ units: 1 }])
  world.step()
  world.run(1n)
  const [before] = world.executions
  const report = partOf<ComputeMessage>({
    Kind: 'RunResult',
    Body: { RunOutput: output, PublishedResult: { Type: '' } },
  })
  return effectOf(before!, world.job, report, 2n)
}
const wordsOf = (type: 'batch' | 'service') =>
  endOf(type)?.lines.map(({ Event, Audience }) => [Event.Message, Audience])

it('says in the history that a program ended, also of one that is to run for ever, below which its next attempt is told [F2]', () => {
  expect(wordsOf('batch')).toEqual([
    ['', 'before-1.5'],
    ['Completed successfully', 'since-1.5'],
  ])
  expect(wordsOf('service')).toEqual([
    ['', 'before-1.5'],
    ['execution completed unexpectedly', 'since-1.5'],
  ])
})
