import type { Change, CommitOutcome } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { Frame, OrchestratorMessage } from '#models/messages/messages.ts'
import type { Bug } from '../bug.ts'
import { changed, delivering, misreadJob, type Planted, withCommit } from './plant.ts'

/** Every n-th message of the kind never gets into the outbox. */
const droppingOutbox = (kind: OrchestratorMessage['Kind'], every: number): Bug => {
  let count = 0
  return {
    store: (store) =>
      withCommit(store, (change) => ({
        ...change,
        ...(change.outbox
          ? { outbox: change.outbox.filter(({ message }) => message.Kind !== kind || ++count % every > 0) }
          : {}),
      })),
  }
}

/** A report is applied to another execution than the one it speaks of; `choose` says which. */
const mistakingExecution = (choose: (asked: Execution, live: readonly Execution[]) => Execution | undefined): Bug => ({
  store: (store, { isOrchestrator }) => {
    if (!isOrchestrator) return store
    const truth = new Map<ExecutionId, Pick<Execution, 'NodeID' | 'Epoch'>>()
    const execution = async (id: ExecutionId): Promise<Execution | undefined> => {
      const asked = await store.execution(id)
      const other = asked && choose(asked, await store.liveExecutions())
      if (!other) return asked
      truth.set(other.ID, { NodeID: other.NodeID, Epoch: other.Epoch })
      return { ...other, NodeID: asked.NodeID, Epoch: asked.Epoch }
    }
    const commit = (change: Change): Promise<CommitOutcome> =>
      store.commit({
        ...change,
        ...(change.updateExecutions
          ? {
              updateExecutions: change.updateExecutions.map((update) => ({
                ...update,
                execution: { ...update.execution, ...truth.get(update.id) },
              })),
            }
          : {}),
      })
    return changed(store, { execution, commit })
  },
})

/** Bugs of what is sent, taken and counted, as somebody might write them, planted where constructors are handed their parts. */
export const messageBugs: Readonly<Record<string, Planted>> = {
  'an outbox row is lost': { invariant: 'L2', plant: () => droppingOutbox('AskForBid', 5) },

  'a stop is forgotten': { invariant: 'L3', plant: () => droppingOutbox('CancelExecution', 1) },

  'an order is applied twice': {
    invariant: 'I4',
    plant: () => ({
      computeEnd: (end) => {
        let extra = 0
        let last: OrchestratorMessage | undefined
        return delivering(end, async (linkId, frames) => {
          const again = last
          const first = frames[0]?.Seq ?? 0
          const doubled: Frame<OrchestratorMessage>[] = frames.map((frame) => ({ ...frame, Seq: frame.Seq + extra }))
          if (again && first > 0) doubled.push({ Seq: (doubled.at(-1)?.Seq ?? 0) + 1, Message: again })
          last = frames.find(({ Message }) => Message.Kind === 'AskForBid')?.Message
          const ack = await end.deliver(linkId, doubled)
          const lastSeq = Math.min(frames.at(-1)?.Seq ?? 0, ack.LastSeq - extra)
          if (again && first > 0) extra += 1
          return { LastSeq: lastSeq }
        })
      },
    }),
  },

  'an inbox mark is not stored': {
    invariant: 'I4',
    plant: () => {
      // Nothing is known of what was applied, so a batch begins where it says, each time it comes.
      const firstSeq = new Map<string, number>()
      return {
        faults: (faults) => ({ ...faults, chances: { ...faults.chances, 'message duplicated': 0.3 } }),
        computeEnd: (end) =>
          delivering(end, (linkId, frames) => {
            firstSeq.set(linkId, frames[0]?.Seq ?? 1)
            return end.deliver(linkId, frames)
          }),
        store: (store, { isOrchestrator }) =>
          isOrchestrator
            ? store
            : changed(
                withCommit(store, ({ inbox: _unmarked, ...change }) => change),
                { inboxSeq: async (_peer, linkId) => (firstSeq.get(linkId) ?? 1) - 1 },
              ),
      }
    },
  },

  'an acknowledgement comes before the commit': {
    invariant: 'I1',
    plant: () => ({
      store: (store) =>
        changed(store, {
          settled: async () => {},
          commit: async (change) => {
            const outcome = await store.commit(change)
            return outcome.kind === 'applied' ? { ...outcome, durable: Promise.resolve() } : outcome
          },
        }),
    }),
  },

  'a report for a superseded execution counts for the present one': {
    invariant: 'I9',
    plant: () =>
      mistakingExecution((asked, live) =>
        isTerminalExecution(asked.ComputeState.StateType)
          ? live.find((e) => e.JobID === asked.JobID && e.PartitionIndex === asked.PartitionIndex)
          : undefined,
      ),
  },

  'a report of another node is accepted': {
    invariant: 'I9',
    plant: () =>
      mistakingExecution((asked, live) =>
        asked.ComputeState.StateType === 'Running'
          ? live.find((e) => e.JobID === asked.JobID && e.NodeID !== asked.NodeID)
          : undefined,
      ),
  },

  'a new store of a node is not noticed': {
    invariant: 'L2',
    plant: () => {
      const first = new Map<NodeId, { StoreID: string | undefined; LinkID: string }>()
      return {
        orchestratorEnd: (end) => ({
          heartbeat: (beat) => end.heartbeat({ ...beat, LinkID: first.get(beat.NodeID)?.LinkID ?? beat.LinkID }),
          updateInfo: (info) => end.updateInfo(info),
          goodbye: (nodeId) => end.goodbye(nodeId),
          uploadAddress: (...given) => end.uploadAddress(...given),
          takeResult: (nodeId, offer) => end.takeResult(nodeId, offer),
          readUpload: (nodeId, query) => end.readUpload(nodeId, query),
          deliver: (nodeId, linkId, frames) => end.deliver(nodeId, first.get(nodeId)?.LinkID ?? linkId, frames),
          handshake: async (request, back) => {
            const { NodeID } = request.NodeInfo
            const reply = await end.handshake({ ...request, ...first.get(NodeID) }, back)
            if (!first.has(NodeID)) first.set(NodeID, { StoreID: request.StoreID, LinkID: reply.LinkID })
            return reply
          },
        }),
      }
    },
  },

  'a node believes in one processor too many': {
    invariant: 'I5',
    plant: () => ({
      computeFacts: (facts) => ({
        ...facts,
        capacity: { ...facts.capacity, CPU: facts.capacity.CPU + 1 },
        maxPerJob: { ...facts.maxPerJob, CPU: facts.maxPerJob.CPU + 1 },
      }),
    }),
  },

  'failures are not counted': {
    invariant: 'I4',
    plant: () => ({
      store: (store) =>
        changed(store, {
          executionsOfJob: async (jobId, version) => {
            const all = await store.executionsOfJob(jobId, version)
            return all.filter((e, i) => e.ComputeState.StateType !== 'Failed' || i === all.length - 1)
          },
        }),
    }),
  },

  'a job is completed without its last partition': {
    invariant: 'I9',
    plant: () => misreadJob((job) => (job.Count > 1 ? { ...job, Count: job.Count - 1 } : job)),
  },

  'a program is started again after a restart': {
    invariant: 'I4',
    plant: () => ({
      engine: (engine) => ({
        ...engine,
        attach: async (request, signal) => (await engine.attach(request, signal)) ?? engine.start(request, signal),
      }),
    }),
  },

  'a lost job that may start once is started again': {
    invariant: 'I4',
    plant: () => misreadJob((job) => ({ ...job, Delivery: 'AtLeastOnce' as const })),
  },

  'a constraint is forgotten': {
    invariant: 'I6',
    plant: () => misreadJob((job) => ({ ...job, Constraints: [] })),
  },

  'a look at a job fails now and then': {
    invariant: 'L4',
    plant: () => {
      let looks = 0
      return {
        store: (store) =>
          changed(store, {
            executionsOfJob: (jobId, version) => {
              if (++looks % 4 === 0) throw new Fault('ServiceUnavailable', 'the disk does not answer')
              return store.executionsOfJob(jobId, version)
            },
          }),
      }
    },
  },

  'a read does not wait for the disk': {
    invariant: 'I14',
    plant: () => ({
      faults: (faults) => ({ ...faults, chances: { ...faults.chances, 'slow commit': 0.3, 'commit failed': 0.1 } }),
      store: (store) => {
        // Messages still do, or they would tell of it first, and as something else.
        let sent = Promise.resolve()
        const commit = async (change: Change): Promise<CommitOutcome> => {
          const outcome = await store.commit(change)
          if (outcome.kind !== 'applied' || outcome.outbox.length === 0) return outcome
          sent = outcome.durable
          sent.catch(() => {
            sent = Promise.resolve()
          })
          return outcome
        }
        return changed(store, { commit, settled: () => sent })
      },
    }),
  },
}
