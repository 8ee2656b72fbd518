import { expect, it } from 'vitest'
import type { Change } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { amount, job, nodeState, second, task } from '../../test/kit/reconcile-world.ts'
import { StepClock } from '../../test/kit/step-clock.ts'
import { Evaluations, type EvaluationsParts } from './evaluations.ts'
import { NodeTable } from './nodes/node-table.ts'

const patient = { ...task, Timeouts: { QueueTimeout: 3_600n } }

/** A node with so much room, and jobs that take one unit each, which are looked at one after the other as they are stored. */
const nodeFor = async (units: number, jobs: number) => {
  const clock = new StepClock()
  const stored = new Map<JobId, Job>()
  const executions = new Map<ExecutionId, Execution>()
  const looks: JobId[] = []
  const nodes = new NodeTable()
  nodes.put(nodeState('n-0', amount(units), {}))
  let ids = 0
  const ledger = {
    store: {
      job: async (id: JobId) => stored.get(id),
      async executionsOfJob(id: JobId) {
        looks.push(id)
        return [...executions.values()].filter(({ JobID }) => JobID === id)
      },
    },
    async commit({ updateJobs = [], insertExecutions = [], updateExecutions = [] }: Change) {
      let isRoomFreed = false
      for (const update of updateJobs) stored.set(update.id, update.job)
      for (const execution of [...insertExecutions, ...updateExecutions.map((update) => update.execution)]) {
        executions.set(execution.ID, execution)
        if (nodes.track(execution)) isRoomFreed = true
      }
      if (isRoomFreed) evaluations.roomFreed()
      return { kind: 'applied' as const, durable: Promise.resolve(), outbox: [] }
    },
  }
  const evaluations = new Evaluations(
    partOf<EvaluationsParts>({
      clock,
      ledger,
      nodes,
      random: { uuid: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`, float: () => 0.5 },
      awake: { since: { ns: 0n, ms: 0 } },
      isSettling: () => false,
      defaultResources: amount(1),
      strategy: 'spread',
      answerLimitNs: second,
      log: (event: string, fields: unknown) => expect.fail(`${event} ${String(fields)}`),
    }),
  )
  const rest = () => new Promise((resolve) => setImmediate(resolve))
  for (let number = 1; number <= jobs; number++) {
    const one = job({ ID: `j-${number}` as JobId, VersionTime: BigInt(number), Tasks: [patient] })
    stored.set(one.ID, one)
    evaluations.ask(one, 'job-register')
    await rest()
  }
  return {
    nodes,
    placed: () =>
      [...executions.values()]
        .filter(({ ComputeState }) => ComputeState.StateType !== 'Completed')
        .map(({ JobID }) => JobID),
    /** What is looked at because of it. */
    async looksAfter(act: () => Promise<unknown> | void): Promise<JobId[]> {
      looks.length = 0
      await act()
      await rest()
      return [...looks]
    },
    async end(...ids: JobId[]) {
      const ended = [...executions.values()].filter(({ JobID }) => ids.includes(JobID))
      await ledger.commit({
        updateExecutions: ended.map((execution) => ({
          id: execution.ID,
          expectedRevision: execution.Revision,
          execution: { ...execution, ComputeState: { StateType: 'Completed' } },
        })),
      })
    },
    /** What a job asks for becomes another, and nobody looks at it for that. */
    async change(id: JobId, units: number) {
      const Resources = { CPU: String(units), Memory: '1' }
      stored.set(id, { ...(stored.get(id) as Job), Tasks: [{ ...patient, Resources }] })
    },
    async join(name: string, room: number) {
      nodes.put(nodeState(name, amount(room), {}))
      evaluations.nodeImproved()
    },
  }
}

it('room that is freed costs one look for each job that finds a place, and none for the next of its shape that would not', async () => {
  const { placed, end, looksAfter } = await nodeFor(2, 6)
  expect(placed()).toEqual(['j-1', 'j-2'])
  expect(await looksAfter(() => end('j-1' as JobId))).toEqual(['j-3'])
  expect(await looksAfter(() => end('j-2' as JobId, 'j-3' as JobId))).toEqual(['j-4', 'j-5'])
  expect(placed()).toEqual(['j-4', 'j-5'])
})

it('who waits behind the one that took the last room of a new node is woken when there is more', async () => {
  const { nodes, placed, join, end, looksAfter } = await nodeFor(0, 3)
  expect(placed()).toEqual([])
  nodes.remove('n-0' as NodeId)
  expect(await looksAfter(() => join('n-1', 1))).toEqual(['j-1'])
  expect(await looksAfter(() => end('j-1' as JobId))).toEqual(['j-2'])
  expect(placed()).toEqual(['j-2'])
})

it('one that was changed while it waited and took the last room for what it is now leaves room for those it waited with', async () => {
  const { change, end, looksAfter, placed } = await nodeFor(4, 7)
  expect(placed()).toEqual(['j-1', 'j-2', 'j-3', 'j-4'])
  await change('j-5' as JobId, 2)
  expect(await looksAfter(() => end('j-1' as JobId, 'j-2' as JobId, 'j-3' as JobId))).toEqual(['j-5', 'j-6'])
  expect(placed()).toEqual(['j-4', 'j-5', 'j-6'])
})
