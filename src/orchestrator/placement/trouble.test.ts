import { describe, expect, it } from 'vitest'
import { type FailureClass, failureClasses } from '#models/job.ts'
import { job, second, World } from '../../../test/kit/reconcile-world.ts'

const minute = 60n * second
const places = (world: World) => world.step().starts.map(({ NodeID }) => NodeID)
const fail = (world: World, failure: FailureClass): void => {
  world.end(0, 'Failed', failure)
  world.nowNs += second
}

/** A job that prefers the first of two nodes, runs there, and may fail as often as it likes. */
const begun = (): World => {
  const theJob = job({
    Count: 1,
    Reschedule: { Attempts: 9, Delay: 0, Classes: [...failureClasses] },
    Constraints: [{ Key: 'favour_disk', Operator: '=', Values: ['ssd'] }],
  })
  const world = new World(theJob, [{ units: 4, labels: { disk: 'ssd' } }, { units: 4 }])
  world.nowNs = minute
  expect(places(world)).toEqual(['n-0'])
  return world
}

describe('a node on which a job has failed', () => {
  it.each(['node', 'transient', 'resource', 'lost'] as const)(
    'is not the first to get it again after a failure of class %s [F2, W27]',
    (failure) => {
      const world = begun()
      fail(world, failure)
      expect(places(world)).toEqual(['n-1'])
    },
  )

  it('is as good as before when the job itself was to blame', () => {
    const world = begun()
    fail(world, 'user')
    expect(places(world)).toEqual(['n-0'])
  })

  it('is as good as before after a time, which is longer when it failed more often', () => {
    const world = begun()
    fail(world, 'node')
    world.nowNs += 8n * minute
    expect(places(world)).toEqual(['n-1'])
    fail(world, 'node')
    world.nowNs += 3n * minute
    expect(places(world)).toEqual(['n-0'])
    fail(world, 'node')
    world.nowNs += 11n * minute
    expect(places(world)).toEqual(['n-1'])
    fail(world, 'node')
    world.nowNs += 60n * minute
    expect(places(world)).toEqual(['n-0'])
  })

  it('gets it again while no other has room', () => {
    const world = begun()
    fail(world, 'node')
    world.nodes[1]!.capacity = { CPU: 0, Memory: 0, Disk: 0, GPU: 0 }
    expect(places(world)).toEqual(['n-0'])
  })
})
