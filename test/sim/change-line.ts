import type { Change } from '#contracts/store.ts'

/** A change in one line of the trace. */
export const changeLine = (change: Change): string =>
  [
    change.inbox && `inbox ${change.inbox.peer} ${change.inbox.seq}`,
    ...(change.removeJobs ?? []).map(({ id }) => `${id} removed`),
    ...(change.removeHistory ?? []).map(({ id }) => `history of ${id} removed`),
    ...(change.insertJobs ?? []).map((job) => `new ${job.ID} ${job.Type}`),
    ...(change.updateJobs ?? []).map(({ job }) => `${job.ID} ${job.State.StateType}`),
    ...(change.insertExecutions ?? []).map((e) => `new ${e.ID} of ${e.JobID} on ${e.NodeID}`),
    ...(change.updateExecutions ?? []).map(
      ({ execution: e }) => `${e.ID} ${e.ComputeState.StateType}/${e.DesiredState.StateType} ${e.FailureClass}`,
    ),
    ...(change.putWork ?? []).map(({ executionId }) => `work ${executionId}`),
    ...(change.updateWork ?? []).map(({ executionId, state }) => `work ${executionId} ${state}`),
    ...(change.removeWork ?? []).map((id) => `work ${id} gone`),
    ...(change.putNodes ?? []).map(({ Info, ConnectionState }) => `${Info.NodeID} ${ConnectionState.Status}`),
    ...(change.outbox ?? []).map(({ peer, message }) => `to ${peer}: ${message.Kind}`),
    ...(change.acked ?? []).map(({ peer, seq }) => `${peer} has ${seq}`),
    ...(change.resetPeers ?? []).map((peer) => `forget ${peer}`),
  ]
    .filter((part) => part !== undefined)
    .join('; ')
