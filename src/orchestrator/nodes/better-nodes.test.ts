import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Cordon } from '#models/node.ts'
import { amount, job, nodeState, World } from '../../../test/kit/reconcile-world.ts'
import { Placement } from '../placement/place.ts'
import type { Snapshot } from '../snapshot.ts'
import { BetterNodes } from './better-nodes.ts'
import { heardNode } from './node-states.ts'
import { NodeTable } from './node-table.ts'

const theJob = job({ MaxPerNode: 0 })
const [template] = new World(theJob, [{ units: 1 }]).step().starts as [Execution]
const promised = (name: string, units: number, on: number): Execution => ({
  ...template,
  ID: `e-${name}` as ExecutionId,
  JobID: 'j-other' as JobId,
  NodeID: `n-${on}` as NodeId,
  AllocatedResources: { Tasks: { main: amount(units) } },
})
const state = (index: number, units: number, change: { Cordon?: Cordon; isAway?: boolean } = {}) => {
  const known = nodeState(`n-${index}`, amount(units), {})
  const Status = change.isAway ? 'DISCONNECTED' : 'CONNECTED'
  return {
    ...known,
    ...(change.Cordon ? { Cordon: change.Cordon } : {}),
    ConnectionState: { ...known.ConnectionState, Status },
  } as const
}

describe('nodes that got better', () => {
  it('are those with room given back, those that may take work again and those that changed; not those heard of [B3n, B6]', () => {
    const table = new NodeTable()
    const [a, b, c] = [state(0, 4), state(1, 4, { Cordon: 'CORDONED' }), state(2, 4)]
    table.load([a, b, c], [promised('1', 4, 0)])
    const better = (act: () => void): string[] => {
      const { mark } = table
      act()
      return (table.betterSince(mark) ?? []).map(({ id }) => id)
    }
    expect(better(() => table.untrack(promised('1', 4, 0)))).toEqual(['n-0'])
    expect(better(() => table.track(promised('2', 4, 0)))).toEqual([])
    expect(better(() => table.put(state(1, 4)))).toEqual(['n-1'])
    const beat = { AvailableCapacity: amount(1), QueueUsedCapacity: amount(0) } as Parameters<typeof heardNode>[1]
    expect(better(() => table.put(heardNode(c, beat, 1n)))).toEqual([])
    expect(better(() => table.put(state(3, 4)))).toEqual(['n-3'])
  })

  it('are not known any more after thousands of changes, nor after a new start: then all are looked at', () => {
    const nodes = new BetterNodes()
    const first = nodes.mark
    nodes.note('n-0' as NodeId)
    const second = nodes.mark
    expect([...(nodes.since(first) ?? [])]).toEqual(['n-0'])
    for (let i = 0; i < 10_000; i++) nodes.note(`n-${i}` as NodeId)
    expect(nodes.since(first)).toBeUndefined()
    expect(nodes.since(nodes.mark - 1)).toEqual(new Set(['n-9999']))
    const last = nodes.mark
    nodes.clear()
    expect([nodes.since(second), nodes.since(last)]).toEqual([undefined, undefined])
  })

  it('are all that can take what none could take before, whatever happened [L4]', () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constant('promise' as const), on: fc.nat(1), units: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ kind: fc.constant('end' as const), on: fc.nat(40) }),
      fc.record({ kind: fc.constant('cordon' as const), on: fc.nat(1), isOn: fc.boolean() }),
      fc.record({ kind: fc.constant('away' as const), on: fc.nat(1), isOn: fc.boolean() }),
      fc.record({ kind: fc.constant('reserve' as const), on: fc.nat(1), isOn: fc.boolean() }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const table = new NodeTable()
        table.load([state(0, 3), state(1, 3)], [])
        const live: Execution[] = []
        const taken = (better?: Snapshot['better']): string[] => {
          const snapshot = { ...new World(theJob, []).snapshot(), nodes: table, ...(better ? { better } : {}) }
          return new Placement(snapshot, amount(2)).candidates(9).map(({ node }) => node.id)
        }
        let mark: number | undefined
        for (const [i, each] of acts.entries()) {
          const id = `n-${each.on}` as NodeId
          if (each.kind === 'promise') {
            const execution = promised(`${i}`, each.units, each.on)
            live.push(execution)
            table.track(execution)
          } else if (each.kind === 'end')
            for (const ended of live.splice(each.on % (live.length + 1), 1)) table.untrack(ended)
          else if (each.kind === 'cordon') table.put(state(each.on, 3, each.isOn ? { Cordon: 'CORDONED' } : {}))
          else if (each.kind === 'away') table.put(state(each.on, 3, { isAway: each.isOn }))
          else {
            const first = { jobId: 'j-first' as JobId, priority: 9, since: 0n, need: amount(3) }
            table.reserve(first.jobId, new Map(each.isOn ? [[id, first]] : []))
          }
          const all = taken()
          if (mark !== undefined) expect(taken(table.betterSince(mark)).sort()).toEqual(all.sort())
          mark = all.length === 0 ? (mark ?? table.mark) : undefined
        }
      }),
    )
  })
})
