import { describe, expect, it } from 'vitest'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { selectedOutput } from '#link/selected-output.ts'
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
  node: (signal: AbortSignal, query: LogQuery) => AsyncIterable<LogChunk>,
  query: Partial<LogQuery> = {},
  told: string[] = [],
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
  let nowMs = 0
  const after = (ms: number, run: () => void) => {
    nowMs += ms
    const timer = setTimeout(run, 1)
    return { stop: () => clearTimeout(timer) }
  }
  const parts = {
    store: store as Store,
    clock: { after, monotonicMs: () => nowMs } as Partial<Clock> as Clock,
    waiters,
    awaySince: () => 1_800_000_000_000_000_000n,
    end: () =>
      ({
        readLogs: (asked, signal) => selectedOutput(node(signal, asked), asked),
      }) as Partial<ComputeEnd> as ComputeEnd,
  }
  const text: string[] = []
  const whole = { executionId, isFollowing: false, isTail: false, ...query }
  for await (const { bytes } of jobLogs(parts, jobId, whole, new AbortController().signal, (note) => told.push(note)))
    text.push(Buffer.from(bytes).toString())
  return text
}

const away = 'Node n-1 cannot be reached; the output goes on when it is back.'
const back = 'The node is back; the output goes on.'
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

  it('goes on at the same byte when its node is back, and the reader is told [W46]', async () => {
    const asked: LogQuery[] = []
    const lines = ['abc', 'def', 'ghi'].map((text, at) => ({ ...saying(text), end: 3 * (at + 1) }))
    async function* breaking(_signal: AbortSignal, query: LogQuery): AsyncGenerator<LogChunk> {
      asked.push(query)
      yield* lines.slice(0, asked.length)
      if (asked.length < 3) throw new Fault('ServiceUnavailable', 'it went silent', { isRetryable: true })
    }
    const told: string[] = []
    const running = [execution('Running')]
    expect(await read(running, breaking, { isFollowing: true }, told)).toEqual(['abc', 'def', 'ghi'])
    expect(asked.map(({ after }) => after?.[1])).toEqual([0, 3, 6])
    expect(told).toEqual([away, back, away, back])
  })

  it('goes on from where it began when only what is new was asked for', async () => {
    const asked: LogQuery[] = []
    async function* breaking(_signal: AbortSignal, query: LogQuery): AsyncGenerator<LogChunk> {
      asked.push(query)
      if (asked.length > 1) return
      for (const [stream, end] of [
        [1, 1_000],
        [2, 0],
      ] as const)
        yield { stream, bytes: new Uint8Array(), end }
      yield { ...saying('new'), end: 1_003 }
      throw new Fault('Timeout', 'no answer')
    }
    await read([execution('Running')], breaking, { isFollowing: true, isTail: true })
    expect(asked.map(({ isTail, after }) => [isTail, after])).toEqual([
      [true, undefined],
      [false, { 1: 1_003, 2: 0 }],
    ])
  })

  it('is not gone on with where it is not known where it stood: nothing is left out or told twice without a word', async () => {
    let times = 0
    async function* unplaced(): AsyncGenerator<LogChunk> {
      times += 1
      yield { stream: 1, bytes: Buffer.from('some') }
      throw new Fault('ServiceUnavailable', 'it broke', { isRetryable: true })
    }
    await expect(read([execution('Running')], unplaced, { isFollowing: true, isTail: true })).rejects.toThrow(
      'node n-1',
    )
    expect(times).toBe(1)
  })

  it('ends with which node is away, and since when, when it does not come back in two minutes', async () => {
    async function* broken(): AsyncGenerator<LogChunk> {
      yield saying('abc')
      throw new Fault('ServiceUnavailable', 'it went silent', { isRetryable: true })
    }
    const told: string[] = []
    const output = read([execution('Running')], broken, { isFollowing: true }, told)
    await expect(output).rejects.toMatchObject({
      message: 'node n-1 cannot be reached for its logs of execution e-1; it is away since 2027-01-15T08:00:00.000Z',
      hint: expect.stringContaining('bacalhau node list'),
    })
    expect(told).toEqual([away])
  })

  it('of a node that is away is what was kept, and that there is more; with what is gone for good the reader is told', async () => {
    const ended = execution('Completed', 'the begin')
    const cut = { ...ended, RunOutput: { ...ended.RunOutput, StdoutTruncated: true } } as Execution
    async function* unknown(): AsyncGenerator<LogChunk> {
      yield* []
      throw new Fault('NotFound', 'nothing is kept')
    }
    const told: string[] = []
    expect(await read([cut], unknown, {}, told)).toEqual(['the begin'])
    expect(told).toEqual(['Node n-1 does not keep the output of execution e-1 any more: only its beginning is left.'])
    async function* unreachable(): AsyncGenerator<LogChunk> {
      yield* []
      throw new Fault('ServiceUnavailable', 'nobody listens')
    }
    await expect(read([cut], unreachable)).rejects.toThrow('node n-1 cannot be reached')
    expect(await read([ended], unreachable)).toEqual(['the begin'])
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
