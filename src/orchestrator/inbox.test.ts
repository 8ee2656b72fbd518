import { describe, expect, it } from 'vitest'
import type { Change } from '#contracts/store.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { noResources } from '#models/resources.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { job, second, World } from '../../test/kit/reconcile-world.ts'
import { StepClock } from '../../test/kit/step-clock.ts'
import { Evaluations, type EvaluationsParts } from './evaluations.ts'
import { Inbox, type InboxParts } from './inbox.ts'
import { NodeTable } from './nodes/node-table.ts'

/** An inbox beside a job that runs so many executions on one node, and what is committed. */
const beside = (Count: number) => {
  const world = new World(job({ Count }), [{ units: 10 }])
  world.step()
  world.run(0n)
  world.job = { ...world.job, State: { StateType: 'Running' } }
  const nodes = new NodeTable()
  nodes.load(
    world.nodes.map(({ state }) => state),
    world.executions,
  )
  const commits: Change[] = []
  /** What the next who reads the executions waits for. */
  const waits: Promise<void>[] = []
  const ledger = {
    store: {
      job: async () => world.job,
      execution: async (id: ExecutionId) => world.executions.find(({ ID }) => ID === id),
      async executionsOfJob() {
        const seen = world.executions
        await waits.shift()
        return seen
      },
    },
    async commit(change: Change) {
      commits.push(change)
      for (const { execution } of change.updateExecutions ?? []) {
        world.executions = world.executions.map((each) => (each.ID === execution.ID ? execution : each))
        nodes.track(execution)
      }
      world.job = change.updateJobs?.at(-1)?.job ?? world.job
      return { kind: 'applied' as const, durable: Promise.resolve(), outbox: [] }
    },
  }
  const common = { clock: new StepClock(), ledger, nodes, log: (event: string) => expect.fail(event) }
  const evaluations = new Evaluations(
    partOf<EvaluationsParts>({
      ...common,
      random: { uuid: () => '00000000-0000-4000-8000-000000000000', float: () => 0.5 },
      awake: { since: { ns: 0n, ms: 0 } },
      isSettling: () => false,
      defaultResources: noResources(),
      strategy: 'spread',
      answerLimitNs: second,
    }),
  )
  const inbox = new Inbox(partOf<InboxParts>({ ...common, evaluations }))
  const success = ({ ID, Epoch }: World['executions'][number]): ComputeMessage => {
    const streams = { Stdout: '', StdoutTruncated: false, stderr: '', StderrTruncated: false }
    const ran = { PublishedResult: { Type: '', Params: {} }, RunOutput: { ...streams, ExitCode: 0, ErrorMsg: '' } }
    return { Kind: 'RunResult', Body: { ExecutionID: ID, Epoch, ...ran } }
  }
  return {
    world,
    commits,
    evaluations,
    waits,
    async succeed(...places: number[]) {
      const reports = places.map((place) => success(world.executions[place]!))
      await inbox.apply('n-0' as NodeId, reports, { inbox: { peer: 'n-0', senderStoreId: 's', seq: 1 } })
      // What it asked for is looked at.
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const statesIn = ({ updateExecutions = [], updateJobs = [] }: Change): string[] => [
  ...updateExecutions.map(({ execution }) => execution.ComputeState.StateType),
  ...updateJobs.map((update) => `job ${update.job.State.StateType}`),
]

describe('a report of a success', () => {
  it('that ends its job is stored with that, in one change', async () => {
    const { commits, succeed } = beside(1)
    await succeed(0)
    expect(commits.map(statesIn)).toEqual([['Completed', 'job Completed']])
    expect(commits[0]?.history?.map(({ Type }) => Type)).toEqual([
      'ExecutionLevel',
      'ExecutionLevel',
      'JobLevel',
      'JobLevel',
    ])
  })

  it('ends the job with those that come with it, and not before the last of them', async () => {
    const { commits, succeed } = beside(3)
    await succeed(1)
    expect(commits.map(statesIn)).toEqual([['Completed']])
    await succeed(0, 2)
    expect(commits.map(statesIn).slice(1)).toEqual([['Completed', 'Completed', 'job Completed']])
  })

  it('is stored alone while somebody looks at the job, which is looked at again', async () => {
    const { world, commits, evaluations, waits, succeed } = beside(1)
    const isRead = Promise.withResolvers<void>()
    waits.push(isRead.promise)
    evaluations.ask(world.job, 'job-timeout')
    await succeed(0)
    expect(commits.map(statesIn)).toEqual([['Completed']])
    isRead.resolve()
    await new Promise((resolve) => setImmediate(resolve))
    expect(commits.map(statesIn)).toEqual([['Completed'], ['job Completed']])
  })
})
