import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { isLongRunning } from '#models/job.ts'
import { amount, job, nodeState, second, task } from '../../../test/kit/reconcile-world.ts'
import { forecastOf } from '../forecast.ts'
import { jobTypeRules } from '../job-types/index.ts'
import { reasonsOf } from '../jobs/why.ts'
import { NodeTable } from '../nodes/node-table.ts'
import type { Plan } from '../plan.ts'
import type { Snapshot } from '../snapshot.ts'

/** Nodes and several jobs that want room on them, looked at when the test says so. */
class Crowd {
  readonly #table = new NodeTable()
  readonly executions = new Map<JobId, Execution[]>()
  nowNs = 0n
  #ids = 0

  constructor(units: readonly number[]) {
    this.#table.load(
      units.map((unit, i) => nodeState(`n-${i}`, amount(unit), {})),
      [],
    )
  }

  snapshot(theJob: Job): Snapshot {
    return {
      job: theJob,
      executions: this.executions.get(theJob.ID) ?? [],
      nodes: this.#table,
      nowNs: this.nowNs,
      defaultResources: amount(1),
      strategy: 'spread',
      answerLimitNs: 0n,
      awakeSince: 0n,
      isSettling: false,
      evaluationId: 'v',
      newExecutionId: () => `e-${String(++this.#ids).padStart(8, '0')}` as ExecutionId,
      chance: () => 0.5,
    }
  }

  /** Returns the nodes on which it was started now. */
  look(theJob: Job): NodeId[] {
    const plan: Plan = jobTypeRules[theJob.Type](this.snapshot(theJob))
    for (const execution of plan.starts) this.#table.track(execution)
    this.executions.set(theJob.ID, [...(this.executions.get(theJob.ID) ?? []), ...plan.starts])
    this.#table.setLasting(theJob.ID, isLongRunning(theJob.Type))
    this.#table.reserve(theJob.ID, (plan.waitsFor && plan.reservations) || new Map())
    return plan.starts.map(({ NodeID }) => NodeID)
  }

  end({ ID }: Job): void {
    const ended = (each: Execution): Execution => ({ ...each, ComputeState: { StateType: 'Completed' } })
    const executions = (this.executions.get(ID) ?? []).map(ended)
    for (const each of executions) this.#table.track(each)
    this.executions.set(ID, executions)
  }

  reserved = (theJob: Job): NodeId[] => this.#table.reservedFor(theJob.ID).map(({ id }) => id)
}

let made = 0
const jobOf = (cpu: number, since: bigint, change: Partial<Job> = {}): Job =>
  job({
    ID: `j-${++made}` as JobId,
    VersionTime: since,
    Count: 1,
    Tasks: [{ ...task, Resources: { CPU: String(cpu), Memory: String(cpu) } }],
    ...change,
  })

/** Three small jobs fill a node of three; a large one waits since the first second. */
const waiting = (change: Partial<Job> = {}, nodes = [3], smallChange: Partial<Job> = {}) => {
  const crowd = new Crowd(nodes)
  const small = nodes.flatMap((units) => Array.from({ length: units }, () => jobOf(1, 0n, smallChange)))
  for (const each of small) crowd.look(each)
  crowd.nowNs = second
  const large = jobOf(3, second, change)
  expect(crowd.look(large)).toEqual([])
  return { crowd, small, large }
}

describe('room that is reserved', () => {
  it('is no longer taken by those who came later, once the job has waited for half a minute [W31]', () => {
    const { crowd, small, large } = waiting()
    const [one, two, three] = small as [Job, Job, Job]
    crowd.end(one)
    const soon = jobOf(1, 2n * second)
    expect(crowd.look(soon)).toEqual(['n-0'])
    crowd.nowNs = 31n * second
    crowd.look(large)
    crowd.end(soon)
    expect(crowd.look(jobOf(1, 31n * second))).toEqual([])
    crowd.end(two)
    crowd.end(three)
    expect(crowd.look(jobOf(1, 31n * second))).toEqual([])
    expect([crowd.look(large), crowd.reserved(large)]).toEqual([['n-0'], []])
  })

  it('is told to whom it keeps out, and to whom it is for [F3]', () => {
    const { crowd, small, large } = waiting()
    crowd.nowNs = 31n * second
    crowd.look(large)
    crowd.end(small[0] as Job)
    const late = jobOf(1, 31n * second)
    const { plan, forecast } = forecastOf(crowd.snapshot(late))
    expect(plan.jobState?.Message).toContain(`• Node n-0: free capacity is reserved for job ${large.ID}`)
    expect(forecast.Exclusions).toMatchObject([
      { Rule: 'reserved', Reason: `what is free is reserved for job ${large.ID}`, Count: 1 },
    ])
    expect(reasonsOf(crowd.snapshot(large)).Next).toBe(
      'starts when enough work ends on node n-0, where room is reserved for it, or another node joins',
    )
  })

  it('is open to jobs of higher priority and to those that came before', () => {
    const { crowd, small, large } = waiting()
    crowd.nowNs = 31n * second
    crowd.look(large)
    crowd.end(small[0] as Job)
    crowd.end(small[1] as Job)
    expect(crowd.look(jobOf(1, 31n * second, { Priority: 1 }))).toEqual(['n-0'])
    expect(crowd.look(jobOf(1, 0n))).toEqual(['n-0'])
  })

  it('is on one node for one execution, and on another when the job has waited twice as long', () => {
    const { crowd, large } = waiting({}, [3, 4, 3])
    crowd.nowNs = 31n * second
    crowd.look(large)
    expect(crowd.reserved(large)).toEqual(['n-0'])
    crowd.nowNs = 60n * second
    crowd.look(large)
    expect(crowd.reserved(large)).toEqual(['n-0'])
    crowd.nowNs = 62n * second
    crowd.look(large)
    expect(crowd.reserved(large)).toEqual(['n-1'])
  })

  it('is rather where all has ended that was there before the job came than where some of it goes on [W31]', () => {
    const { crowd, small, large } = waiting({}, [3, 3])
    const on = (id: string): Job[] => small.filter((each) => crowd.executions.get(each.ID)?.[0]?.NodeID === id)
    const [, ...others] = on('n-0')
    for (const each of on('n-1')) crowd.end(each)
    crowd.nowNs = 20n * second
    for (let i = 0; i < 3; i++) expect(crowd.look(jobOf(1, 20n * second))).toEqual(['n-1'])
    for (const each of others) crowd.end(each)
    crowd.nowNs = 31n * second
    crowd.look(large)
    expect(crowd.reserved(large)).toEqual(['n-1'])
    crowd.nowNs = 62n * second
    crowd.look(large)
    expect(crowd.reserved(large)).toEqual(['n-0'])
  })

  it('is not where services leave too little, however long the job waits', () => {
    const { crowd, large } = waiting({}, [3], { Type: 'service' })
    crowd.nowNs = 3_600n * second
    crowd.look(large)
    expect(crowd.reserved(large)).toEqual([])
  })

  it('is on each node on which a daemon is missing', () => {
    const { crowd, large } = waiting({ Type: 'daemon' }, [3, 3])
    crowd.nowNs = 31n * second
    crowd.look(large)
    expect(crowd.reserved(large)).toEqual(['n-0', 'n-1'])
  })

  it('lets every large job start, whatever stream of small ones comes [W31]', () => {
    const stream = fc.record({
      units: fc.array(fc.integer({ min: 2, max: 4 }), { minLength: 1, maxLength: 3 }),
      lasts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      large: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    })
    fc.assert(
      fc.property(stream, ({ units, lasts, large }) => {
        const crowd = new Crowd(units)
        const running: { each: Job; until: number }[] = []
        const queue: Job[] = []
        const most = Math.max(...units)
        const open = large.map((cpu) => jobOf(Math.min(cpu, most), 2n * second))
        for (let tick = 0; tick < 240 && open.length > 0; tick++) {
          crowd.nowNs = BigInt(tick) * second
          for (const { each } of running.filter(({ until }) => until === tick)) crowd.end(each)
          for (let i = 0; i < 6; i++) queue.unshift(jobOf(1, crowd.nowNs))
          for (const each of [...queue, ...(tick < 2 ? [] : open)]) {
            if (crowd.look(each).length === 0) continue
            running.push({ each, until: tick + (lasts[tick % lasts.length] ?? 1) })
            for (const list of [queue, open]) if (list.includes(each)) list.splice(list.indexOf(each), 1)
          }
          queue.splice(12)
        }
        expect(open).toEqual([])
      }),
      { numRuns: 40 },
    )
  })
})
