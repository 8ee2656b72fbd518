import { describe, expect, it } from 'vitest'
import type { Publisher } from '#contracts/publisher.ts'
import { Fault } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { publishFailed, publishResult } from './publish.ts'

const published = { Type: 's3', Params: { Key: 'k' } }
const away = () => new Fault('ServiceUnavailable', 'the store is away', { details: { FailureClass: 'transient' } })
const old = () => new Fault('NotImplemented', 'it is old', { hint: 'Renew it', details: { FailureClass: 'transient' } })
const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
const wrong = () => new Fault('BadRequest', 'no such bucket', { details: { FailureClass: 'user' } })

/** A publisher that fails so often before it takes a result, and a disk that does before it takes the exit code. */
const rig = (
  faults: (() => Error)[],
  { publishForMs = 600_000, leftOut = [] as string[], diskFaults = [] as (() => Error)[] } = {},
) => {
  const clock = new StepClock()
  const told: string[] = []
  const noted: string[] = []
  let asked = 0
  const publish: Publisher['publish'] = async ({ onLeftOut }) => {
    for (const name of leftOut) onLeftOut?.(name, 'it is a link')
    const fault = faults[asked++]
    if (fault) throw fault()
    return published
  }
  const stop = new AbortController()
  const context = partOf<Parameters<typeof publishResult>[0]>({
    execution: { ID: 'e-1', NodeID: 'n-1' },
    job: { ID: 'j-1', Tasks: [{ Publisher: { Type: 's3' }, ResultPaths: [] }] },
    directories: {
      makeResult: async () => '/results',
      ended: '/ended',
      syncResult: async () => void noted.push('synced'),
    },
    disk: {
      writeFile: async (path: string, text: string) => {
        const fault = path === '/results/exitCode' && diskFaults.shift()
        if (fault) throw fault()
        noted.push(`${path} ${text}`)
      },
      replaceFile: async (path: string, text: string) => void noted.push(`${path} ${text}`),
      bootId: async () => 'b',
      makeRoom: async () => void noted.push('made room'),
    },
    registries: { publishers: { get: () => ({ publish }) } },
    logs: { writeFiles: async () => {} },
    exitCode: 0,
    isOwnEnd: true,
    clock,
    publishForMs,
    onProgress: (topic: string, text: string) => told.push(`${topic}: ${text}`),
  })
  const outcome = publishResult(context, stop.signal).catch((error: Error) => error.message)
  const pass = async (ms: number) => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    clock.goTo(clock.nowAtMs + ms)
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  return { outcome, pass, told, noted, asked: () => asked, stop }
}

describe('a result that its store does not take', () => {
  it('is published when the store is back, and the history says what is waited for', async () => {
    const { outcome, pass, told } = rig([away, away])
    await pass(1_000)
    await pass(1_000)
    expect(await outcome).toEqual(published)
    expect(told).toEqual(
      [1, 1].map(
        (s) => `${topics.publishingResults}: The result is kept here and published again in ${s}s: the store is away`,
      ),
    )
  })

  it('is said to lack what is not published, once', async () => {
    const { outcome, pass, told } = rig([away], { leftOut: ['outputs/out'] })
    await pass(1_000)
    expect(await outcome).toEqual(published)
    expect(told.slice(1)).toEqual([`${topics.publishingResults}: Left out of the result: "outputs/out" (it is a link)`])
  })

  it('says in the history what helps', async () => {
    const { outcome, pass, told } = rig([old])
    await pass(1_000)
    await outcome
    expect(told[0]).toMatch(/published again in 1s: it is old \(Renew it\)$/)
  })

  it('fails at once when trying again cannot help', async () => {
    const { outcome, asked } = rig([wrong])
    expect(await outcome).toBe('no such bucket')
    expect(asked()).toBe(1)
  })

  it('fails when the store stays away for too long', async () => {
    const { outcome, pass, asked } = rig(Array(20).fill(away), { publishForMs: 10_000 })
    for (const seconds of [1, 1, 1, 1, 1, 1, 2, 2]) await pass(seconds * 1_000)
    expect(await outcome).toBe('the store is away')
    expect(asked()).toBe(9)
  })

  it('is asked for again so often that at most a quarter is added to the time that its store was away, or a minute', async () => {
    const { pass, told } = rig(Array(100).fill(away), { publishForMs: 3_600_000 })
    const pauses: number[] = []
    for (let waited = 0; waited < 1_000; waited += pauses.at(-1) ?? 0) {
      await pass(0)
      const pause = Number(/ again in (\d+)s/.exec(told.at(-1) ?? '')?.[1])
      expect(pause).toBeLessThanOrEqual(Math.max(1, Math.min(60, Math.round(waited / 4))))
      pauses.push(pause)
      await pass(pause * 1_000)
    }
    expect(told).toHaveLength(pauses.length + 1)
    expect(pauses.at(-1)).toBe(60)
  })

  it('waits where it is while the disk of its node has no room for it, as its files or as it is packed [X6]', async () => {
    const { outcome, pass, told, asked, noted } = rig([full], { diskFaults: [full] })
    await pass(1_000)
    expect(asked()).toBe(1)
    await pass(1_000)
    expect(await outcome).toEqual(published)
    expect(told).toEqual(
      [1, 1].map(
        (s) =>
          `${topics.publishingResults}: The result is kept here until there is room on the disk of the node, and published again in ${s}s: ENOSPC: no space left on device`,
      ),
    )
    expect(noted.filter((each) => each === 'made room')).toHaveLength(2)
  })

  it('is synced, and noted to be, when that takes a second, and its files are written once', async () => {
    const quick = rig([])
    expect(await quick.outcome).toEqual(published)
    expect(quick.noted).toEqual(['/results/exitCode 0', '/ended b 0\n'])
    const slow = rig([away])
    await slow.pass(1_000)
    expect(await slow.outcome).toEqual(published)
    expect(slow.noted).toEqual(['/results/exitCode 0', '/ended b 0\n', 'synced', '/ended synced 0\n'])
  })
})

describe('what a failed execution has left', () => {
  const left = async (topic: string, Publisher: object, task: object = {}, fault?: () => Fault) => {
    const told: string[] = []
    const asked: string[] = []
    const context = partOf<Parameters<typeof publishFailed>[1]>({
      execution: { ID: 'e-1', NodeID: 'n-1' },
      job: { ID: 'j-1', Tasks: [{ Publisher, ResultPaths: [], ...task }] },
      directories: { makeResult: async () => '/results' },
      disk: { writeFile: async () => {} },
      registries: {
        publishers: {
          get: (type: string) => ({
            publish: async () => {
              asked.push(type)
              if (fault) throw fault()
              return { Type: type }
            },
          }),
        },
      },
      logs: { writeFiles: async () => {} },
      exitCode: 1,
      clock: new StepClock(),
      publishForMs: 0,
      onProgress: (_topic: string, text: string) => told.push(text),
    })
    const failure = { message: 'm', topic, class: 'user' as const }
    return { published: await publishFailed(failure, context, new AbortController().signal), asked, told }
  }
  const [s3, link] = [{ Type: 's3' }, { Type: 'link' }]

  it('goes to its publisher only where the job asks for it [X1]', async () => {
    expect(await left(topics.runningExecution, s3)).toMatchObject({ published: undefined, asked: [] })
    expect(await left(topics.runningExecution, s3, { PublishOnFailure: true })).toMatchObject({ published: s3 })
    expect(await left(topics.runningExecution, { Type: '' }, { PublishOnFailure: true })).toMatchObject({ asked: [] })
  })

  it('goes to the orchestrator when the publisher was what failed', async () => {
    expect(await left(topics.publishingResults, s3)).toMatchObject({ published: link, asked: ['link'] })
    expect(await left(topics.publishingResults, link)).toMatchObject({ published: undefined, asked: [] })
  })

  it('is told to be lost when nobody takes it', async () => {
    expect(await left(topics.publishingResults, s3, {}, wrong)).toEqual({
      published: undefined,
      asked: ['link'],
      told: ['What the failed execution has left is not kept: no such bucket'],
    })
  })
})
