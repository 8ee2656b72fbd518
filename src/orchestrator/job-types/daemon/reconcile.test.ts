import { describe, expect, it } from 'vitest'
import { amount, job, nodeState, World } from '../../../../test/kit/reconcile-world.ts'

describe('daemon jobs', () => {
  it('follow a node that comes later, and never complete [R100]', () => {
    const world = new World(job({ Type: 'daemon' }), [{ units: 1 }])
    world.step()
    world.nodes.push({ state: nodeState('n-9', amount(1), {}), capacity: amount(1), isConnected: true })
    const plan = world.step()
    expect(plan.starts.map((e) => e.NodeID)).toEqual(['n-9'])
    expect(plan.waitsFor).toBe('nodes')
    expect(world.job.State.StateType).toBe('Running')
  })

  it('leave a node whose labels do not match any more, and come back with them [R100, W28]', () => {
    const Constraints = [{ Key: 'zone', Operator: '=' as const, Values: ['a'] }]
    const world = new World(job({ Type: 'daemon', Constraints }), [
      { units: 1, labels: { zone: 'a' } },
      { units: 1, labels: { zone: 'a' } },
    ])
    world.step()
    const [first] = world.nodes
    if (first) first.state = nodeState('n-0', amount(1), { zone: 'b' })
    const plan = world.step()
    expect(
      plan.changes.map(({ before, after, isCancelSent }) => [before.NodeID, after.DesiredState, isCancelSent]),
    ).toEqual([
      [
        'n-0',
        { StateType: 'Stopped', Message: 'Execution stop requested because node does not match the job any more' },
        true,
      ],
    ])
    expect([plan.starts, world.step().changes]).toEqual([[], []])
    world.end(0, 'Cancelled')
    expect(world.step().starts).toEqual([])
    if (first) first.state = nodeState('n-0', amount(1), { zone: 'a' })
    expect(world.step().starts.map((e) => e.NodeID)).toEqual(['n-0'])
  })

  it('stay on a node that is full or cut off for less than LostAfter [R97]', () => {
    const Constraints = [{ Key: 'zone', Operator: '=' as const, Values: ['a'] }]
    const patient = { Type: 'daemon' as const, Constraints, Disconnect: { LostAfter: 60 } }
    const world = new World(job(patient), [{ units: 1, labels: { zone: 'a' } }])
    world.step()
    const [first] = world.nodes
    if (first) first.isConnected = false
    expect(world.step()).toMatchObject({ changes: [], starts: [] })
  })

  it('say in the history when a node will not be tried again, and try the others [W27]', () => {
    const world = new World(job({ Type: 'daemon' }), [{ units: 1 }, { units: 1 }])
    world.step()
    world.end(0, 'Failed', 'user')
    const plan = world.step()
    expect(plan.changes.map(({ event }) => event?.Message)).toEqual([
      'Attempt 1 failed (user), no other follows: a failure of class user is not tried again',
    ])
    expect(world.step().changes).toEqual([])
  })

  it('do not give a node up unless they say so: they try again there after longer and longer pauses [W16]', () => {
    const world = new World(job({ Type: 'daemon' }), [{ units: 1 }])
    const pauses: number[] = []
    for (let failures = 1; failures <= 20; failures++) {
      world.step()
      world.end(0, 'Failed', 'transient')
      const { checkAt = world.nowNs, starts } = world.step()
      expect(starts).toEqual([])
      pauses.push(Number(checkAt - world.nowNs) / 1e9)
      world.nowNs = checkAt
    }
    for (const [i, pause] of pauses.entries()) {
      const most = Math.min(86_400, 2 ** i)
      expect(pause).toBeGreaterThanOrEqual(most / 2)
      expect(pause).toBeLessThanOrEqual(most)
    }
    expect(world.job.State.StateType).toBe('Running')
  })

  it('with a policy of their own try a node as often as that says [R104]', () => {
    const world = new World(job({ Type: 'daemon', Reschedule: { Delay: 0 } }), [{ units: 1 }])
    for (let failures = 1; failures <= 2; failures++) {
      expect(world.step().starts).toHaveLength(1)
      world.end(0, 'Failed', 'transient')
    }
    const { changes, starts } = world.step()
    expect(starts).toEqual([])
    expect(changes.map(({ event }) => event?.Message)).toEqual([
      'Attempt 2 of 2 failed (transient), no other follows: tried 2 of 2 times (transient)',
    ])
  })
})
