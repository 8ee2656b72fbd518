import { describe, expect, it } from 'vitest'
import { parseResources } from '#lib/resources.ts'
import { allocatedOf } from '#models/execution.ts'
import type { Job } from '#models/job.ts'
import { amount, job, second, task, World } from '../../../test/kit/reconcile-world.ts'
import { forecastOf } from '../forecast.ts'
import { reasonsOf } from '../jobs/why.ts'
import { changeOf } from '../planner.ts'

/** Jobs here ask for nothing and are promised one unit of everything. */
const world = (change: Partial<Job>, ...units: number[]): World =>
  new World(
    job({ ...change, Reschedule: { Attempts: 4, Delay: 0, MoreMemory: 100, ...change.Reschedule } }),
    units.map((each) => ({ units: each })),
  )

/** Those that live end like that. */
const end = (of: World, Details?: Record<string, string>): void => {
  of.executions = of.executions.map((e) =>
    e.ComputeState.StateType === 'New'
      ? {
          ...e,
          ComputeState: { StateType: 'Failed', Message: 'it broke', ...(Details && { Details }) },
          FailureClass: 'resource',
          ModifyTime: of.nowNs,
          StartTime: 1n,
        }
      : e,
  )
}
const runOutOfMemory = (of: World): void => end(of, { Lacks: 'memory' })

const memoryOf = (of: World): (number | undefined)[] => of.executions.map((e) => allocatedOf(e)?.Memory)

describe('a job that asks for more memory after it had too little [F2]', () => {
  it('is promised so much more each time, and tried again though it named no classes', () => {
    const one = world({}, 8)
    for (let attempt = 1; attempt <= 4; attempt++) {
      one.step()
      runOutOfMemory(one)
    }
    expect(memoryOf(one)).toEqual([1, 2, 4, 8])
    expect(one.step().jobState?.Message).toBe('it broke\nJob failed: attempt 4, tried 4 of 4 times (resource).')
  })

  it('has as much as before after another failure', () => {
    const one = world({}, 8)
    one.step()
    runOutOfMemory(one)
    one.step()
    end(one)
    one.step()
    expect(memoryOf(one)).toEqual([1, 2, 2])
  })

  it('is not told from others when it does not ask for it', () => {
    const one = world({ Reschedule: { MoreMemory: 0, Classes: ['resource'] } }, 8)
    one.step()
    runOutOfMemory(one)
    one.step()
    expect(memoryOf(one)).toEqual([1, 1])
  })

  it('goes to a node that has so much', () => {
    const one = world({}, 1, 1, 1, 2)
    one.nodes[3]!.isConnected = false
    one.step()
    runOutOfMemory(one)
    one.nodes[3]!.isConnected = true
    one.step()
    expect(one.executions[1]).toMatchObject({ NodeID: 'n-3', Attempt: 2 })
  })

  it('does not change what its other partitions get, nor promises more than there is', () => {
    const one = world({ Count: 3 }, 3)
    one.step()
    one.executions = one.executions.map((e, i) => (i > 0 ? { ...e, ComputeState: { StateType: 'Running' } } : e))
    runOutOfMemory(one)
    expect(one.step()).toMatchObject({ starts: [], waitsFor: 'room', unplaced: 1, unplacedNeed: { Memory: 2 } })
    one.end(0, 'Completed')
    expect(one.step().starts).toMatchObject([{ PartitionIndex: 0, Attempt: 2 }])
    one.end(0, 'Failed', 'transient')
    one.step()
    expect(memoryOf(one)).toEqual([1, 1, 1, 2, 1])
  })

  it('fails with the failure first when no node has so much', () => {
    const one = world({}, 1, 1)
    one.step()
    runOutOfMemory(one)
    expect(one.step().jobState).toMatchObject({
      StateType: 'Failed',
      Message: expect.stringMatching(
        /^it broke\nnot enough nodes to run job\. requested: 1, available: 2, suitable: 0\./,
      ),
    })
  })

  it('tells in its history and its reasons how much the next attempt has', () => {
    const one = world({ Reschedule: { Delay: 1 }, Tasks: [{ ...task, Resources: { Memory: '1gb' } }] }, 1)
    one.nodes[0]!.capacity = { ...amount(1), Memory: 4e9 }
    one.nodes[0]!.state.Info.ComputeNodeInfo!.MaxJobRequirements = one.nodes[0]!.capacity
    one.step()
    runOutOfMemory(one)
    const { changes } = one.plan()
    expect(changes[0]?.event?.Message).toMatch(
      /^Attempt 1 of 4 failed \(resource\), the next follows in .*, with 2\.0 GB of memory$/,
    )
    expect(reasonsOf(one.snapshot()).Attempts[0]?.Next).toBe('tried again, with 2.0 GB of memory')
  })

  it('says of nodes that have too little for the next attempt that they are full for it', () => {
    const one = world({ Count: 2 }, 2)
    one.step()
    one.executions = one.executions.map((e, i) => (i > 0 ? { ...e, ComputeState: { StateType: 'Running' } } : e))
    runOutOfMemory(one)
    expect(forecastOf(one.snapshot()).forecast.Exclusions).toMatchObject([{ Rule: 'room', Count: 1 }])
  })

  it('tells nodes the amount with the order, and only where it is more', () => {
    const one = world({ Tasks: [{ ...task, Resources: { Memory: '1' } }] }, 8)
    const told = () => {
      const { outbox = [] } = changeOf(one.job, one.step(), one.nowNs)
      return outbox.map(({ message }) =>
        message.Kind === 'AskForBid' ? message.Body.Job.Tasks[0]?.Resources.Memory : undefined,
      )
    }
    expect(told()).toEqual(['1'])
    runOutOfMemory(one)
    const [raised] = told()
    expect(parseResources({ Memory: raised ?? '' }).Memory).toBe(2)
    expect(one.job.Tasks[0]?.Resources.Memory).toBe('1')
  })

  it('of a daemon holds for the node it happened on', () => {
    const one = world({ Type: 'daemon' }, 4, 4)
    one.step()
    one.executions = one.executions.map((e, i) => (i > 0 ? { ...e, ComputeState: { StateType: 'Running' } } : e))
    runOutOfMemory(one)
    one.step()
    expect(one.executions.map((e) => [e.NodeID, allocatedOf(e)?.Memory])).toEqual([
      ['n-0', 1],
      ['n-1', 1],
      ['n-0', 2],
    ])
  })

  it('of a service begins anew after it ran well', () => {
    const one = world({ Type: 'service' }, 8)
    one.step()
    runOutOfMemory(one)
    one.step()
    one.run(one.nowNs)
    one.nowNs += 3_600n * second
    one.end(0, 'Failed', 'resource')
    one.executions = one.executions.map((e) => ({
      ...e,
      ComputeState: { ...e.ComputeState, Details: { Lacks: 'memory' } },
    }))
    one.nowNs += 120n * second
    one.step()
    expect(memoryOf(one)).toEqual([1, 2, 2])
  })
})
