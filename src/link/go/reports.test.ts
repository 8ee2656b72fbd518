import { describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { goNodeInfo } from './node-info.ts'
import { bidResult, computeError, failureClassOf, firstEvent, runResult } from './reports.ts'

const event = (Details?: Record<string, string>) =>
  firstEvent([{ Message: 'm', Topic: 't', ...(Details && { Details }) }])

describe('reports of Go nodes', () => {
  it('become ours without an epoch, with nothing for what is null', () => {
    expect(
      runResult({ ExecutionID: 'e-1', PublishResult: null, RunCommandResult: { Stdout: 'x', ExitCode: 3 } }),
    ).toEqual({
      Kind: 'RunResult',
      Body: {
        ExecutionID: 'e-1',
        PublishedResult: { Type: '' },
        RunOutput: {
          Stdout: 'x',
          StdoutTruncated: false,
          stderr: '',
          StderrTruncated: false,
          ExitCode: 3,
          ErrorMsg: '',
        },
      },
    })
    expect(bidResult({ ExecutionID: 'e-1', Accepted: true }, firstEvent(null)).Body).toEqual({
      ExecutionID: 'e-1',
      IsAccepted: true,
      Event: { Message: '', Topic: '', Timestamp: 0n },
    })
  })

  it('keep an exit code below 0', () => {
    expect(runResult({ RunCommandResult: { ExitCode: -1 } }).Body.RunOutput?.ExitCode).toBe(-1)
  })

  it.each([
    [{ IsError: 'true' }, 'transient'],
    [{ IsError: 'true', ErrorCode: 'ImageNotFound' }, 'user'],
    [{ IsError: 'true', ErrorCode: 'ImageNotFound', Retryable: 'true' }, 'transient'],
    [{ FailsExecution: 'true' }, 'lost'],
    [undefined, 'transient'],
  ])('with details %j are a failure of class %s', (details, wanted) => {
    expect(failureClassOf(event(details))).toBe(wanted)
    expect(computeError({ ExecutionID: 'e-1' }, event(details)).Body.FailureClass).toBe(wanted)
  })

  it('say in words that memory was short, in both generations [F2]', () => {
    for (const Message of [
      'execution error: memory limit exceeded. Please refer to https://docs.bacalhau.org/ for more',
      'memory limit exceeded',
    ]) {
      const { Body } = computeError({ ExecutionID: 'e-1' }, firstEvent([{ Message, Details: { IsError: 'true' } }]))
      expect(Body).toMatchObject({ FailureClass: 'resource', Details: { Lacks: 'memory' } })
    }
  })

  it.each([
    ['an id', () => runResult({ ExecutionID: 7 })],
    ['events', () => firstEvent('no')],
    ['an exit code', () => runResult({ RunCommandResult: { ExitCode: '0' } })],
    ['labels', () => goNodeInfo({ Labels: { zone: 1 } })],
    ['engines', () => goNodeInfo({ ComputeNodeInfo: { ExecutionEngines: [{}] } })],
    ['a capacity', () => goNodeInfo({ ComputeNodeInfo: { MaxCapacity: { CPU: -1 } } })],
    ['a node', () => goNodeInfo([])],
  ])('that hold %s of the wrong form are refused', (_what, read) => {
    expect(read).toThrow(Fault)
  })
})
