import { describe, expect, it } from 'vitest'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import { Waiters } from '../waiters.ts'
import { jobLogs } from './logs.ts'

const jobId = 'j-1' as JobId
const executionId = 'e-1' as ExecutionId
const output = { StdoutTruncated: false, stderr: '', StderrTruncated: false, ExitCode: 0, ErrorMsg: '' }
const execution = (StateType: Execution['ComputeState']['StateType'], Stdout?: string) =>
  ({
    ID: executionId,
    JobID: jobId,
    NodeID: 'n-1',
    StartTime: 1n,
    ModifyTime: 5_000_000n,
    ComputeState: { StateType },
    RunOutput: Stdout === undefined ? null : { ...output, Stdout },
  }) as Partial<Execution> as Execution

/** The output of an execution whose node answers as `node` does, with `states` seen one after the other. */
async function read(
  states: Execution[],
  node: (signal: AbortSignal) => AsyncIterable<LogChunk>,
  query: Partial<LogQuery> = {},
) {
  const waiters = new Waiters()
  const store: Partial<Store> = {
    execution: async () => {
      const now = states.length > 1 ? states.shift() : states[0]
      if (states.length === 1) setImmediate(() => waiters.notify(jobId))
      return now
    },
    jobVersion: async () => undefined,
  }
  const after = (_ms: number, run: () => void) => {
    const timer = setTimeout(run, 1)
    return { stop: () => clearTimeout(timer) }
  }
  const parts = {
    store: store as Store,
    clock: { after } as Partial<Clock> as Clock,
    waiters,
    end: () => ({ readLogs: (_query, signal) => node(signal) }) as Partial<ComputeEnd> as ComputeEnd,
  }
  const text: string[] = []
  const whole = { executionId, isFollowing: false, isTail: false, ...query }
  for await (const { bytes } of jobLogs(parts, jobId, whole, new AbortController().signal))
    text.push(Buffer.from(bytes).toString())
  return text
}

const saying = (text: string): LogChunk => ({ stream: 1, bytes: Buffer.from(text), end: text.length })

async function* partOf(text: string, end?: number) {
  yield { ...saying(text), ...(end === undefined ? {} : { end }) }
  throw new Fault('NotFound', 'it has ended')
}

async function* silent(signal: AbortSignal): AsyncGenerator<LogChunk> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  yield* []
}

describe('output of a job [R20]', () => {
  it('ends with what was kept when its node breaks off in the middle, nothing twice', async () => {
    const states = [execution('Running'), execution('Running'), execution('Completed', 'abcdef')]
    expect(await read(states, () => partOf('abc'), { isFollowing: true })).toEqual(['abc', 'def'])
  })

  it('does not guess where the kept part goes on when only the newest was asked for', async () => {
    async function* unplaced(): AsyncGenerator<LogChunk> {
      yield { stream: 1, bytes: Buffer.from('cd') }
      throw new Fault('NotFound', 'it has ended')
    }
    expect(await read([execution('Completed', 'abcdef')], unplaced, { isTail: true })).toEqual(['cd'])
    expect(await read([execution('Completed', 'abcdef')], () => partOf('cd', 4), { isTail: true })).toEqual([
      'cd',
      'ef',
    ])
  })

  it('is what was kept when the program has ended and its node says nothing', async () => {
    expect(await read([execution('Completed', 'kept')], silent)).toEqual(['kept'])
    expect(await read([execution('Failed')], silent)).toEqual([])
  })

  it('is selected from what was kept too, by when the execution ended [R19]', async () => {
    const ended = [execution('Completed', 'one\ntwo\n')]
    expect(await read(ended, silent, { grep: 'w' })).toEqual(['two\n'])
    expect(await read(ended, silent, { sinceMs: 5 })).toEqual(['one\ntwo\n'])
    expect(await read(ended, silent, { sinceMs: 6 })).toEqual([])
  })

  it('is asked for again while its node does not know of it yet', async () => {
    let times = 0
    async function* later(): AsyncGenerator<LogChunk> {
      times += 1
      if (times < 3) throw new Fault('NotFound', 'not yet')
      yield saying('begun')
    }
    expect(await read([execution('Running')], later, { isFollowing: true })).toEqual(['begun'])
  })
})
