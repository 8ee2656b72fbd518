import { since } from '#api/client-version.ts'
import { encodeJob } from '#api/encode/job.ts'
import type { Settings } from '#config/tree.ts'
import type { JobProbe } from '#contracts/job-probe.ts'
import type { Clock } from '#lib/clock.ts'
import { Turns } from '#lib/turns.ts'
import type { NodeId } from '#models/ids.ts'
import type { Ask } from '#providers/probe/ask.ts'
import { execProbe } from '#providers/probe/exec-probe.ts'
import { httpProbe } from '#providers/probe/http-probe.ts'

/** A flood of orders does not become a flood of processes. */
const askedAtOnce = 8

/** Whom the settings of a node name as judges of its jobs. Throws a Fault when one cannot be asked at all. */
export function jobProbes(
  { JobAdmissionControl: { ProbeExec, ProbeHTTP } }: Settings,
  { nodeId, clock, path }: { nodeId: NodeId; clock: Clock; path: string },
): JobProbe[] {
  const turns = new Turns(askedAtOnce)
  const asks: Ask[] = [
    ...(ProbeExec ? [execProbe({ command: ProbeExec, path }, clock)] : []),
    ...(ProbeHTTP ? [httpProbe(ProbeHTTP, clock)] : []),
  ]
  return asks.map(
    (ask): JobProbe =>
      (job, signal) => {
        const question = `{"NodeID":${JSON.stringify(nodeId)},"Job":${encodeJob(job, since.v1_8)}}`
        return turns.take(() => ask(question, signal))
      },
  )
}
