import { describe, expect, it } from 'vitest'
import type { Execution } from '#models/execution.ts'
import type { ComputeStateName } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import type { JobHistory } from '#models/job-history.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { wrapIndented } from '../wrap.ts'
import { failureReasons, nodeResults, nodeResultText, reasonText } from './failures.ts'

const style = { columns: 127, red: (text: string) => text, green: (text: string) => text }
const job = (message?: string) => partOf<Job>({ State: { StateType: 'Failed', Message: message } })
const line = (message: string, details: Record<string, string> = {}, state: ComputeStateName = 'Running') =>
  partOf<JobHistory>({
    Event: { Message: message, Topic: '', Timestamp: 0n, Details: details },
    ExecutionState: { New: state },
  })
const execution = (node: string, output: object | null, state: object = { StateType: 'Completed' }) =>
  partOf<Execution>({ NodeID: node, RunOutput: output, ComputeState: state })

describe('why a job failed [R41]', () => {
  it('is told once per reason, by the executions before the job', () => {
    const history = [
      line('Accepted job'),
      line('no image', { FailsExecution: 'true', Hint: 'log in' }),
      line('no image', { FailsExecution: 'true' }),
      line('lost', {}, 'Failed'),
    ]
    expect(failureReasons(job('not enough nodes'), history)).toEqual([
      { message: 'no image', hint: 'log in' },
      { message: 'lost', hint: '' },
    ])
    expect(failureReasons(job('not enough nodes'), [])).toEqual([{ message: 'not enough nodes', hint: '' }])
    const followed = { ...line('Attempt 1 of 2 failed'), ExecutionState: { Previous: 'Failed', New: 'Failed' } }
    expect(failureReasons(job('lost'), [followed as JobHistory])).toEqual([{ message: 'lost', hint: '' }])
    expect(failureReasons(job(), [])).toEqual([{ message: 'job failed', hint: '' }])
    const refused = line('rejected bid: port 1 is taken', { Hint: 'another port' }, 'AskForBidRejected')
    const told = 'rejected bid: port 1 is taken\nnot enough nodes'
    expect(failureReasons(job(told), [refused])).toEqual([{ message: told, hint: 'another port' }])
    expect(failureReasons(job('not enough nodes'), [refused])[0]?.hint).toBe('')
  })

  it('says where to look when no node has the engine and none said why', () => {
    const [reason] = failureReasons(job('not enough nodes\n• Node n-1: does not support docker, only wasm'), [])
    expect(reason?.hint).toContain('node list --show features')
    const told = 'not enough nodes\n• Node n-1: does not support docker, only wasm (docker: cannot reach it)'
    expect(failureReasons(job(told), [])).toEqual([{ message: told, hint: '' }])
  })

  it('is wrapped below itself', () => {
    const text = reasonText({ message: `${'word '.repeat(30)}end`, hint: 'do it' }, { ...style, columns: 40 })
    expect(text.split('\n').slice(0, 3)).toEqual([
      '',
      'Error: word word word word word word',
      '       word word word word word word',
    ])
    expect(text).toContain('\n\n       Hint: do it\n')
  })

  it('keeps line breaks and long words', () => {
    expect(wrapIndented('wasm stack trace:\n\ttrap._start()', 127, 7)).toBe('wasm stack trace:\n       \ttrap._start()')
    expect(wrapIndented('a/very/long/path/that/does/not/fit b', 20, 2)).toBe('a/very/long/path/that/does/not/fit\n  b')
  })
})

describe('what the nodes said', () => {
  it('is grouped by message, with the error before stderr before stdout', () => {
    const ran = { Stdout: 'out\n', stderr: 'bad\n', ExitCode: 0, ErrorMsg: '' }
    const results = nodeResults([
      execution('n-1', { ...ran, ErrorMsg: 'timed out' }),
      execution('n-2', { ...ran, ErrorMsg: 'timed out' }),
      execution('n-2', { ...ran, ExitCode: 3 }),
      execution('n-3', ran),
      execution('n-4', null, { StateType: 'Failed', Message: 'refused' }),
      execution('n-5', null, { StateType: 'Running', Message: 'not this' }),
    ])
    expect(results.map((result) => nodeResultText(result, 127))).toEqual([
      '\n• 2 runs on 2 nodes: timed out\n',
      '\n• Node n-2: bad\n',
      '\n• Node n-3: out\n',
      '\n• Node n-4: refused\n',
    ])
  })
})
