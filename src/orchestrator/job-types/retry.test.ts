import { describe, expect, it } from 'vitest'
import type { ExecutionId } from '#models/ids.ts'
import type { FailureClass, Job } from '#models/job.ts'
import { job, second, task, World } from '../../../test/kit/reconcile-world.ts'

const oneNode = [{ units: 1 }]
const world = (change: Partial<Job>): World => new World(job(change), oneNode)

/** Lets the newest attempt fail. */
const fail = (of: World, failure: FailureClass = 'transient'): void => of.end(0, 'Failed', failure)

/** What the plan tells people of executions. */
const linesOf = (plan: ReturnType<World['step']>): string[] =>
  plan.changes.flatMap(({ event }) => (event ? [event.Message] : []))

/** Steps until the next attempt starts; returns how long it was waited for, in seconds. */
const waited = (of: World): number => {
  const before = of.nowNs
  for (let plan = of.step(); plan.starts.length === 0; plan = of.step()) {
    if (plan.checkAt === undefined) throw new Error('nothing is waited for')
    of.nowNs = plan.checkAt
  }
  return Number(of.nowNs - before) / 1e9
}

describe('the policy of new attempts', () => {
  it('waits twice as long after each failure, up to MaxDelay, and between half and all of it [R104, W27]', () => {
    const one = world({ Reschedule: { Attempts: 6, Delay: 2, MaxDelay: 10 } })
    one.step()
    for (const most of [2, 4, 8, 10, 10]) {
      fail(one)
      const seconds = waited(one)
      expect(seconds).toBeGreaterThanOrEqual(most / 2)
      expect(seconds).toBeLessThanOrEqual(most)
    }
    fail(one)
    expect(one.step().jobState?.Message).toBe('it Failed\nJob failed: attempt 6, tried 6 of 6 times (transient).')
  })

  it.each([
    ['publishes what an earlier one left with the orchestrator, as its publisher failed', {}, 'local', true],
    ['runs again what was lost before that came', undefined, 'local', false],
    ['runs again what failed although its own publisher has taken what it left', {}, 'link', false],
    ['runs a service again', { Type: 'service' as const }, 'local', false],
  ])('%s [R196]', (_, change, Type, isKept) => {
    const one = world({ ...change, Tasks: [{ ...task, Publisher: { Type } }] })
    one.step()
    fail(one, 'node')
    const KeptResult = { Type: 'link', Params: { ExecutionID: 'e-1', ChunkListID: 'a' } }
    one.executions = one.executions.map((each) => ({ ...each, PublishedResult: change ? KeptResult : null }))
    waited(one)
    expect(one.executions.at(-1)?.KeptResult).toEqual(isKept ? KeptResult : undefined)
    if (!isKept) return
    one.end(0, 'Failed', 'lost')
    waited(one)
    expect(one.executions.at(-1)?.KeptResult, 'also when one in between was lost').toEqual(KeptResult)
  })

  it('waits the same time after each failure when the backoff is constant [F2]', () => {
    const one = world({ Reschedule: { Attempts: 5, Delay: 8, MaxDelay: 60, Backoff: 'constant' } })
    one.step()
    for (let failures = 1; failures < 5; failures++) {
      fail(one)
      const seconds = waited(one)
      expect(seconds).toBeGreaterThanOrEqual(4)
      expect(seconds).toBeLessThanOrEqual(8)
    }
  })

  it('says once which attempt failed, why, and what happens next and when [W27]', () => {
    const one = world({ Reschedule: { Delay: 1 } })
    one.step()
    fail(one)
    const [line, ...more] = linesOf(one.step())
    expect(line).toMatch(/^Attempt 1 of 2 failed \(transient\), the next follows in \d+(\.\d+)?m?s$/)
    expect(more).toEqual([])
    expect(linesOf(one.step())).toEqual([])
  })

  it('does not begin later because it was announced', () => {
    const one = world({})
    one.step()
    fail(one)
    one.nowNs = second / 4n
    const announced = one.step().checkAt
    expect(one.step().checkAt).toBe(announced)
  })

  it('tries the classes it names and no others [W27]', () => {
    for (const [failure, Classes, isTried] of [
      ['resource', undefined, false],
      ['resource', ['resource'], true],
      ['transient', ['resource'], false],
      ['user', ['user'], true],
      ['node', undefined, true],
    ] as const) {
      const one = world({ Reschedule: { Delay: 0, ...(Classes && { Classes: [...Classes] }) } })
      one.step()
      fail(one, failure)
      expect([failure, one.step().starts.length]).toEqual([failure, isTried ? 1 : 0])
    }
  })

  it('does not count what was lost with its node [R97, W8]', () => {
    const one = world({ Reschedule: { Attempts: 1 } })
    one.step()
    for (let times = 0; times < 3; times++) {
      fail(one, 'lost')
      expect(one.step().starts.length).toBe(1)
    }
  })

  it('counts one that failed when its successor was there already, as it was to leave its node', () => {
    const one = new World(job({ Type: 'service', Reschedule: { Attempts: 1 } }), [...oneNode, ...oneNode])
    one.step()
    one.nodes[0]!.state = { ...one.nodes[0]!.state, Cordon: 'DRAINING' }
    expect(one.step().starts.length).toBe(1)
    one.end(0, 'Failed', 'transient')
    expect(one.step().jobState?.StateType).not.toBe('Failed')
    one.end(0, 'Failed', 'lost')
    expect(one.step().jobState?.Message).toBe('it Failed\nJob failed: attempt 2, tried 1 of 1 times (transient).')
  })

  it.each(['transient', 'lost'] as const)(
    'ends at its Deadline, also for a %s attempt that waits for room',
    (failure) => {
      const one = world({ Reschedule: { Attempts: 9, Delay: 0, Deadline: 20 } })
      one.step()
      fail(one, failure)
      const [other] = world({}).step().starts
      if (other) one.others = [{ ...other, ID: 'e-other' as ExecutionId }]
      const waiting = one.step()
      expect([waiting.starts.length, waiting.jobState?.StateType]).toEqual([0, 'Queued'])
      expect(waiting.checkAt).toBe(20n * second + 1n)
      one.nowNs = waiting.checkAt ?? 0n
      expect(one.step().jobState?.Message).toBe('it Failed\nJob failed: attempt 1, past the deadline for new attempts.')
    },
  )

  it('forgets what a service did before it last ran well for ten minutes [R101]', () => {
    const one = world({ Type: 'service', Reschedule: { Delay: 0 } })
    one.step()
    for (let days = 1n; days < 5n; days++) {
      one.nowNs = days * 86_400n * second
      fail(one)
      expect(one.step().starts.length).toBe(1)
    }
    fail(one)
    expect(one.step().jobState?.StateType).toBe('Failed')
  })
})

describe('QueueTimeout', () => {
  const queued = { ...task, Timeouts: { QueueTimeout: 60n } }

  it('does not end a job of which something runs', () => {
    const one = world({ Count: 3, Tasks: [queued] })
    one.step()
    one.run(second)
    one.nowNs = 61n * second
    expect(one.step()).toMatchObject({ waitsFor: 'room' })
    expect(one.job.State.StateType).toBe('Running')
  })

  it('begins again when the last of a job has ended', () => {
    const one = world({ Type: 'service', Tasks: [queued] })
    one.step()
    one.run(second)
    const [node] = one.nodes
    if (node) node.isConnected = false
    one.nowNs = 86_400n * second
    one.step()
    expect(one.job.State.StateType).toBe('Queued')
    const waiting = one.step()
    expect(waiting.checkAt).toBe(86_460n * second)
    one.nowNs = 86_460n * second
    expect(one.step().jobState?.StateType).toBe('Failed')
  })
})
