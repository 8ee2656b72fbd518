import { describe, expect, it } from 'vitest'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import type { DockerApi } from './api.ts'
import { type ContainerInfo, exitOf, untilEnded } from './container-state.ts'
import { startFailure } from './start-failure.ts'

const ended = (state: Partial<ContainerInfo['State']>): ContainerInfo => ({
  Id: 'c',
  State: {
    Status: 'exited',
    Running: false,
    Pid: 0,
    OOMKilled: false,
    ExitCode: 0,
    Error: '',
    StartedAt: '',
    FinishedAt: '',
    ...state,
  },
  Config: {},
  HostConfig: {},
})

describe('exitOf', () => {
  it('takes any exit code for an ordinary end', () => {
    expect(exitOf(ended({ ExitCode: 127 }))).toEqual({ exitCode: 127 })
  })

  it('tells the signal that ended it', () => {
    expect(exitOf(ended({ ExitCode: 139 }))).toEqual({ exitCode: 139, signal: 'SIGSEGV' })
    expect(exitOf(ended({ ExitCode: 128 }))).toEqual({ exitCode: 128 })
    expect(exitOf(ended({ ExitCode: 255 }))).toEqual({ exitCode: 255 })
  })

  it('calls running out of memory a failure, whatever the code', () => {
    expect(exitOf(ended({ OOMKilled: true }))).toMatchObject({
      exitCode: 0,
      failure: { class: 'resource', lacks: 'memory' },
    })
  })

  it('blames the node for a container that is gone', () => {
    expect(exitOf(undefined).failure?.class).toBe('node')
  })
})

describe('startFailure', () => {
  const classOf = (text: string, code?: number) => startFailure(new Error(text), code).failure?.class

  it('tells apart who can cure it', () => {
    expect(classOf('anything', 126)).toBe('user')
    expect(classOf('anything', 127)).toBe('user')
    expect(classOf('driver failed: port is already allocated', 128)).toBe('transient')
    expect(classOf('mkdir: no space left on device', 128)).toBe('resource')
    expect(classOf('runc is broken', 128)).toBe('node')
  })

  it('says what an engine lacks that knows no GPUs', () => {
    const text = 'Error response from daemon: could not select device driver "" with capabilities: [[gpu]]'
    expect(startFailure(new Error(text), 128).failure).toMatchObject({
      class: 'node',
      hint: expect.stringContaining('NVIDIA Container Toolkit'),
    })
  })
})

const sleeping = () => {
  const sleptMs: number[] = []
  const sleep = async (ms: number) => void sleptMs.push(ms)
  return { sleptMs, clock: partOf<Clock>({ sleep, after: () => ({ stop: () => {} }) }) }
}
const never = new AbortController().signal
/** Answers in turn; the last one again and again. */
const answering = (...answers: unknown[]) => {
  const call = async () => {
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    if (answer instanceof Error) throw answer
    return answer
  }
  return partOf<DockerApi>({ call })
}

describe('untilEnded', () => {
  const away = new Fault('ServiceUnavailable', 'cannot reach the Docker engine', { isRetryable: true })
  const gone = new Fault('NotFound', 'no such container', { details: { DockerStatus: '404' } })
  const on = (api: DockerApi, clock: Clock = sleeping().clock, onBack = () => {}) => {
    return { api, id: 'c', clock, signal: never, onBack }
  }

  it('tells when the engine is back and the container runs on', async () => {
    let backs = 0
    const running = ended({ Running: true })
    const api = answering(away, running, {}, running, away, running, {}, ended({ ExitCode: 3 }))
    const found = await untilEnded(on(api, sleeping().clock, () => backs++))
    expect(found).toMatchObject({ wasCut: true, info: { State: { ExitCode: 3 } } })
    expect(backs).toBe(2)
  })

  it('waits for an engine that went away, and says that it was away', async () => {
    const { clock, sleptMs } = sleeping()
    const found = await untilEnded(on(answering(away, away, ended({ ExitCode: 3 })), clock))
    expect(found).toMatchObject({ wasCut: true, info: { State: { ExitCode: 3 } } })
    expect(sleptMs).toEqual([200, 400])
  })

  it('gives up after ten minutes without the engine', async () => {
    const { clock, sleptMs } = sleeping()
    expect(await untilEnded(on(answering(away), clock))).toEqual({ info: undefined, wasCut: true })
    expect(sleptMs.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(600_000)
  })

  it('sees by itself what an engine forgets to tell', async () => {
    const clock = new StepClock()
    const [looks, infos]: [number[], ContainerInfo[]] = [[], [ended({ Running: true }), ended({ Running: true })]]
    const call = async (method: string) => {
      if (method === 'POST') return new Promise(() => {})
      looks.push(clock.nowAtMs)
      return infos.shift() ?? ended({ ExitCode: 3 })
    }
    const found = untilEnded(on(partOf<DockerApi>({ call: call as never }), clock))
    for (const ms of [1_999, 2_000, 6_000, 14_000]) {
      clock.goTo(ms)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await found).toMatchObject({ wasCut: false, info: { State: { ExitCode: 3 } } })
    expect([looks, clock.pending]).toEqual([[2_000, 6_000, 14_000, 14_000], 0])
  })

  it('does not wait for a container that is gone', async () => {
    expect(await untilEnded(on(answering(gone)))).toEqual({ info: undefined, wasCut: false })
  })
})
