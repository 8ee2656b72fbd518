import { describe, expect, it } from 'vitest'
import type { Job } from '#models/job.ts'
import { amount, job, second, task, World } from '../../../test/kit/reconcile-world.ts'
import { Placement } from './place.ts'

/** A thousand nodes in fifty racks; each `every`th has a slot. */
const world = (change: Partial<Job>, every = 10): World =>
  new World(
    job(change),
    Array.from({ length: 1_000 }, (_, i) => ({ units: i % every === 0 ? 1 : 0, labels: { rack: `r${i % 50}` } })),
  )
const placement = (of: World): Placement => new Placement(of.snapshot(), amount(1))

describe('a placement on a large cluster', () => {
  it('looks only at nodes that have the rarest of the labels asked for [B3n]', () => {
    const inRack = { Key: 'rack', Operator: 'in', Values: ['r7', 'r10'] } as const
    const { near } = placement(
      world({
        Constraints: [
          { Key: 'rack', Operator: 'exists' },
          { ...inRack, Values: ['r7', 'r10'] },
        ],
      }),
    )
    expect(near.length).toBe(40)
    expect(new Set(near.map(({ state }) => state.Info.Labels['rack']))).toEqual(new Set(['r7', 'r10']))
  })

  it('chooses among thirty-two and twice as many as are wanted, whose begin is left to chance', () => {
    const candidates = placement(world({}, 1)).candidates(3)
    expect(candidates.length).toBe(38)
    expect(candidates[0]?.node.id).toBe('n-500')
  })

  it('finds every slot there is, however far from where it began [F1]', () => {
    expect(placement(world({})).candidates(150).length).toBe(100)
    expect(world({ Count: 150 }).step().starts.length).toBe(100)
  })

  it('looks at all of them when the user prefers some', () => {
    const favoured = { Key: 'favour_rack', Operator: '=', Values: ['r20'] } as const
    const plan = world({ Count: 2, Constraints: [{ ...favoured, Values: ['r20'] }] }).step()
    expect(plan.starts.map(({ NodeID }) => Number(NodeID.slice(2)) % 50)).toEqual([20, 20])
  })

  it('looks at all of them when it packs, or it would begin new ones while others are half full', () => {
    const packed = world({}, 1)
    packed.strategy = 'pack'
    expect(placement(packed).candidates(3).length).toBe(1_000)
  })

  it('says for at most twenty reasons how many nodes each leaves out', () => {
    const plan = world({ Constraints: [{ Key: 'rack', Operator: '=', Values: ['none'] }] }, 1).step()
    const lines = plan.jobState?.Message?.split('\n') ?? []
    expect(lines.length).toBe(22)
    expect(lines[1]).toBe("• 20 of 1000 nodes: labels map[rack:r0] don't match required selectors [rack = none]")
    expect(lines.at(-1)).toBe('• 600 of 1000 nodes: 30 other reasons')
  })
})

it('a job that is larger than a node takes of one hears that, and not what the node has free', () => {
  const world = new World(job({ Tasks: [{ ...task, Resources: { CPU: '2', Memory: '1' } }] }), [{ units: 4 }])
  const info = world.nodes[0]!.state.Info.ComputeNodeInfo!
  info.MaxCapacity = amount(4)
  info.MaxJobRequirements = amount(1)
  const { jobState } = world.step()
  expect(jobState?.StateType).toBe('Failed')
  expect(jobState?.Message).toMatch(/: node takes no job of more than \{CPU: 1, Memory: 1 B, [^}]*\}$/)
})

it('a node that declined is asked again once it has come back, which may be with other settings [W16]', () => {
  for (const [ConnectedSince, starts] of [
    [second, 0],
    [3n * second, 1],
  ] as const) {
    const asked = new World(job({ Type: 'daemon' }), [{ units: 1 }])
    asked.step()
    asked.nowNs = 2n * second
    asked.end(0, 'AskForBidRejected')
    asked.nodes[0]!.state.ConnectionState.ConnectedSince = ConnectedSince
    expect(asked.step().starts).toHaveLength(starts)
  }
})

it('a node that declined is asked again once it offers something else [W16]', () => {
  for (const [OfferedSince, starts] of [
    [second, 0],
    [3n * second, 1],
  ] as const) {
    const asked = new World(job({ Type: 'daemon' }), [{ units: 1 }])
    asked.step()
    asked.nowNs = 2n * second
    asked.end(0, 'AskForBidRejected')
    asked.nodes[0]!.state = { ...asked.nodes[0]!.state, OfferedSince }
    expect(asked.step().starts).toHaveLength(starts)
  }
})

const onPort: Partial<Job> = { Tasks: [{ ...task, Network: { Type: 'Host', Ports: [{ Name: 'web', Static: 8080 }] } }] }

it('executions of a job that names a port have it one after the other, wherever there is room for more', () => {
  const two = new World(job({ Count: 2, ...onPort }), [{ units: 9 }])
  two.strategy = 'pack'
  expect(two.step()).toMatchObject({ starts: [{ PartitionIndex: 0 }], waitsFor: 'room' })
  expect(new Placement(two.snapshot(), amount(1)).rejected().map(({ reason }) => reason())).toEqual([
    'another execution of this job has port 8080 there',
  ])
  two.end(0, 'Completed')
  expect(two.step().starts).toMatchObject([{ PartitionIndex: 1 }])
})

it.each(['service', 'daemon'] as const)(
  'the next version of a %s has its port once the one before has ended',
  (Type) => {
    const updated = new World(job({ Type, ...onPort }), [{ units: 9 }])
    updated.step()
    updated.job = { ...updated.job, Version: 2 }
    expect(updated.step()).toMatchObject({ starts: [], changes: [{ after: { JobVersion: 1 } }], waitsFor: 'room' })
    updated.end(0, 'Cancelled')
    expect(updated.step().starts).toMatchObject([{ JobVersion: 2 }])
  },
)
