import type { Change, Store } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import type { OrchestratorMessage } from '#models/messages/messages.ts'
import type { Bug } from '../bug.ts'
import { changed, delivering, misreadJob, type Planted, withCommit } from './plant.ts'

/** Only where the control plane is. */
const inOrchestrator = (change: (store: Store) => Store): Bug => ({
  store: (store, { isOrchestrator }) => (isOrchestrator ? change(store) : store),
})

const changing = (change: (change: Change) => Change): Bug => inOrchestrator((store) => withCommit(store, change))

type Order = Extract<OrchestratorMessage, { Kind: 'AskForBid' }>['Body']

/** Nodes get other orders than was decided about. */
const toldOtherwise = (change: (order: Order) => Order): Bug =>
  changing((given) => ({
    ...given,
    ...(given.outbox
      ? {
          outbox: given.outbox.map((row) =>
            row.message.Kind === 'AskForBid'
              ? { ...row, message: { ...row.message, Body: change(row.message.Body) } }
              : row,
          ),
        }
      : {}),
  }))

/** The node chooses its GPUs. */
const withoutGpus = (execution: Execution): Execution => {
  const tasks = Object.entries(execution.AllocatedResources.Tasks)
  const Tasks = Object.fromEntries(tasks.map(([name, { GPUs: _, ...amounts }]) => [name, amounts]))
  return { ...execution, AllocatedResources: { Tasks } }
}

/** Later than any time of a life. */
const distantNs = 2n ** 61n

/** Misreads since when a job is there, in lives with a crowd and little else. */
const crowded = (misread: (since: bigint) => bigint): Bug => ({
  ...misreadJob((job) => ({ ...job, VersionTime: misread(job.VersionTime) })),
  faults: (faults) => ({ ...faults, isPicky: false, hasCrowd: true, hasCalmWork: false, blows: [], troubleMs: 1_000 }),
})

/** Bugs of what is decided and what is kept of it. */
export const decisionBugs: Readonly<Record<string, Planted>> = {
  'the limit of a node is forgotten': {
    invariant: 'I5',
    plant: () => misreadJob(({ MaxPerNode: _limit, ...job }) => job),
  },

  'who came last is served first': {
    invariant: 'W31',
    plant: () => crowded((since) => (since > 0n ? -since : since)),
  },

  'how long a job has waited is forgotten': {
    invariant: 'W31',
    plant: () => crowded((since) => (since < distantNs ? since + distantNs : since)),
  },

  'a verdict on a node is not stored': {
    invariant: 'I1',
    plant: () =>
      changing(({ putNodes, ...change }) => ({
        ...change,
        ...(putNodes ? { putNodes: putNodes.map((state) => ({ ...state, Membership: 'APPROVED' as const })) } : {}),
      })),
  },

  'who asked before is forgotten': {
    invariant: 'I2',
    plant: () => changing(({ putTokens: _tokens, ...change }) => change),
  },

  'a revision is used twice': {
    invariant: 'I7',
    plant: () =>
      changing((change) => ({
        ...change,
        ...(change.updateJobs
          ? { updateJobs: change.updateJobs.map((u) => ({ ...u, job: { ...u.job, Revision: u.expectedRevision } })) }
          : {}),
      })),
  },

  'an execution that runs is overlooked': {
    invariant: 'I3',
    plant: () => {
      let looks = 0
      return inOrchestrator((store) =>
        changed(store, {
          executionsOfJob: async (jobId, version) => {
            const all = await store.executionsOfJob(jobId, version)
            return ++looks % 5 === 0 ? all.filter((e) => e.ComputeState.StateType !== 'Running') : all
          },
        }),
      )
    },
  },

  'executions of earlier versions are not looked at': {
    invariant: 'L2',
    plant: () =>
      inOrchestrator((store) =>
        changed(store, {
          executionsOfJob: async (jobId, version) => {
            const [all, job] = [await store.executionsOfJob(jobId, version), await store.job(jobId)]
            return all.filter((e) => e.JobVersion === job?.Version)
          },
        }),
      ),
  },

  'every attempt is the first': {
    invariant: 'I4',
    plant: () =>
      changing((change) => ({
        ...change,
        ...(change.insertExecutions
          ? { insertExecutions: change.insertExecutions.map((execution) => ({ ...execution, Attempt: 1 })) }
          : {}),
      })),
  },

  'a program does not hear that it is to stop': {
    invariant: 'L3',
    plant: () => ({
      engine: (engine) => ({
        ...engine,
        start: async (request, signal) => {
          const program = await engine.start(request, signal)
          return { exit: program.exit, stop: async () => {} }
        },
      }),
    }),
  },

  'a node says that it has what it did not take': {
    invariant: 'L2',
    plant: () => ({
      computeEnd: (end) =>
        delivering(end, async (linkId, frames) => {
          const ack = await end.deliver(linkId, frames.length > 1 ? frames.slice(0, -1) : frames)
          return { LastSeq: Math.max(ack.LastSeq, frames.at(-1)?.Seq ?? 0) }
        }),
    }),
  },

  'a node forgets what waits when it starts again': {
    invariant: 'L2',
    plant: () => ({
      faults: (faults) => ({ ...faults, blows: ['node crash', 'graceful restart'], blowEveryMs: 3_000 }),
      store: (store) =>
        changed(store, {
          workInStates: async (states) => (await store.workInStates(states)).filter((row) => row.state === 'Running'),
        }),
    }),
  },

  'a stop is acknowledged and not stored': {
    invariant: 'I1',
    plant: () =>
      changing((change) => ({
        ...change,
        ...(change.updateJobs
          ? { updateJobs: change.updateJobs.filter(({ job }) => job.State.StateType !== 'Stopped') }
          : {}),
      })),
  },

  'that memory was short is forgotten': {
    invariant: 'F2',
    plant: () =>
      misreadJob((job) => (job.Reschedule ? { ...job, Reschedule: { ...job.Reschedule, MoreMemory: 1 } } : job)),
  },

  'a node is told less memory than it is counted for': {
    invariant: 'I5',
    plant: () =>
      toldOtherwise(({ Job: { Tasks, ...job }, ...order }) => ({
        ...order,
        Job: { ...job, Tasks: Tasks.map((task) => ({ ...task, Resources: { ...task.Resources, Memory: '1' } })) },
      })),
  },

  'a node is not told which GPUs are wanted': {
    invariant: 'I6',
    plant: () =>
      toldOtherwise(({ Job, Execution, ...order }) => ({
        ...order,
        Execution: withoutGpus(Execution),
        Job: { ...Job, Constraints: [] },
      })),
  },

  'a program gets another GPU than the promised one': {
    invariant: 'I5',
    plant: () => ({
      engine: (engine) => ({
        ...engine,
        start: ({ resources, ...request }, signal) => {
          const GPUs = resources.GPUs?.map((gpu) => ({ ...gpu, Index: gpu.Index + 1 }))
          return engine.start({ ...request, resources: { ...resources, ...(GPUs ? { GPUs } : {}) } }, signal)
        },
      }),
    }),
  },
}
