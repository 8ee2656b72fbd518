import { describe, expect, it } from 'vitest'
import type { Execution } from '#models/execution.ts'
import type { ComputeStateName } from '#models/execution-state.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { FailureClass } from '#models/job.ts'
import { job, nodeState, second, World } from '../../../test/kit/reconcile-world.ts'
import { forecastOf } from '../forecast.ts'
import { NodeTable } from './node-table.ts'

const room = { CPU: 8, Memory: 8, Disk: 0, GPU: 0 }
const [template] = new World(job(), [{ units: 1 }]).step().starts as [Execution]
const minute = 60n * second

/** Two nodes; executions of other jobs end on the first. */
class Cluster {
  readonly table = new NodeTable()
  nowNs = minute
  made = 0

  constructor() {
    this.table.load([nodeState('n-0', room, { disk: 'ssd' }), nodeState('n-1', room, {})], [])
  }

  end(StateType: ComputeStateName, FailureClass: FailureClass | '', change: Partial<Execution> = {}): void {
    const begun: Execution = {
      ...template,
      ID: `e-${++this.made}` as ExecutionId,
      JobID: `j-${this.made}` as JobId,
      NodeID: 'n-0' as NodeId,
      ...change,
    }
    this.table.track(begun)
    this.table.track({ ...begun, ComputeState: { StateType }, FailureClass, ModifyTime: this.nowNs })
  }

  /** What a job that prefers the first node would do. */
  plan() {
    const favoured = job({ Constraints: [{ Key: 'favour_disk', Operator: '=', Values: ['ssd'] }] })
    const snapshot = { ...new World(favoured, []).snapshot(), nodes: this.table, nowNs: this.nowNs }
    return forecastOf(snapshot).forecast
  }

  get first() {
    return this.plan().Placements[0]?.NodeID
  }
}
const times = (count: number, act: () => void) => Array.from({ length: count }, act)

describe('a node on which many jobs have failed', () => {
  it('comes last for all jobs, which are told so, and no longer when that was a while ago [F2, W27]', () => {
    const cluster = new Cluster()
    times(2, () => cluster.end('Failed', 'node'))
    expect(cluster.plan()).not.toHaveProperty('Avoided')
    expect(cluster.first).toBe('n-0')
    cluster.end('Failed', 'transient')
    expect(cluster.plan().Avoided).toEqual([{ NodeID: 'n-0', Failures: 3 }])
    expect(cluster.first).toBe('n-1')
    cluster.nowNs += 10n * minute
    expect(cluster.first).toBe('n-0')
  })

  it('still gets what no other has room for', () => {
    const cluster = new Cluster()
    times(5, () => cluster.end('Failed', 'node'))
    cluster.table.track({
      ...template,
      ID: 'e-large' as ExecutionId,
      NodeID: 'n-1' as NodeId,
      AllocatedResources: { Tasks: { main: room } },
    })
    expect([cluster.first, cluster.plan().Avoided]).toEqual(['n-0', undefined])
  })

  it('counts the times it was gone with work, and what failed there besides [F2]', () => {
    const cluster = new Cluster()
    times(2, () => {
      times(4, () => cluster.end('Failed', 'lost', { JobID: 'j-lost' as JobId }))
      cluster.nowNs += 2n * minute
    })
    expect(cluster.first).toBe('n-0')
    cluster.end('Failed', 'lost', { JobID: 'j-lost' as JobId })
    expect(cluster.plan().Avoided).toEqual([{ NodeID: 'n-0', Failures: 3 }])
  })

  it('is known again from what was told before, as far as that still counts [W27]', () => {
    const cluster = new Cluster()
    expect(cluster.table.troubled.toldAt(cluster.nowNs)).toBeUndefined()
    times(4, () => cluster.end('Failed', 'node'))
    times(6, () => cluster.end('Completed', ''))
    const told = cluster.table.troubled.toldAt(cluster.nowNs)
    expect(cluster.table.troubled.toldAt(cluster.nowNs)).toBeUndefined()
    const next = new Cluster()
    next.nowNs = cluster.nowNs
    next.table.troubled.hear(told ?? '')
    expect(next.first).toBe('n-1')
    next.end('Failed', 'node', { JobID: 'j-1' as JobId })
    expect(next.plan().Avoided).toEqual([{ NodeID: 'n-0', Failures: 4 }])
    times(3, () => next.end('Completed', ''))
    expect(next.first).toBe('n-0')
    next.nowNs += 60n * minute
    expect(next.table.troubled.toldAt(next.nowNs)).toBe('[]')
  })

  it('of many only those with most failures are told', () => {
    const cluster = new Cluster()
    times(1_100, () => cluster.end('Failed', 'node', { NodeID: `n-many-${cluster.made}` as NodeId }))
    times(2, () => cluster.end('Failed', 'node'))
    const told = JSON.parse(cluster.table.troubled.toldAt(cluster.nowNs) ?? '') as [string, unknown][]
    expect([told.length, told[0]?.[0]]).toEqual([1_000, 'n-0'])
  })

  it.each<[string, (cluster: Cluster) => void]>([
    ['the jobs were to blame', (c) => times(9, () => c.end('Failed', 'user'))],
    ['they asked for too much', (c) => times(9, () => c.end('Failed', 'resource'))],
    ['it was gone once, with all it had', (c) => times(9, () => c.end('Failed', 'lost'))],
    ['one job failed again and again', (c) => times(9, () => c.end('Failed', 'node', { JobID: 'j-bad' as JobId }))],
    ['programs ended by themselves', (c) => times(9, () => c.end('Failed', 'transient', { RunOutput: ended(1) }))],
    [
      'many more have succeeded',
      (c) => times(9, () => (c.end('Failed', 'node'), times(3, () => c.end('Completed', '')))),
    ],
  ])('is as good as any other when %s', (_, happens) => {
    const cluster = new Cluster()
    happens(cluster)
    expect(cluster.first).toBe('n-0')
  })
})

const ended = (ExitCode: number): NonNullable<Execution['RunOutput']> => ({
  Stdout: '',
  StdoutTruncated: false,
  stderr: '',
  StderrTruncated: false,
  ExitCode,
  ErrorMsg: '',
})
