import type { Exit } from '#contracts/engine.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Resources } from '#models/resources.ts'

/** One start of a program, as the machine saw it. */
export type Start = {
  executionId: ExecutionId
  jobId: JobId
  nodeId: NodeId
  need: Resources
  /** undefined = it still runs. */
  exit: Exit | 'killed' | undefined
}

/** What was published for an execution: its place tells whose result it is. */
export type Published = { executionId: ExecutionId; digest: string }

/** Who really saw what ran where: the machines themselves. Nothing here comes from a message or a row. */
export class Witness {
  readonly starts: Start[] = []
  readonly published = new Map<ExecutionId, Published>()
  /** Nodes that were given a new disk. */
  readonly emptied = new Set<NodeId>()
  onStart: (start: Start) => void = () => {}

  started(start: Start): void {
    this.starts.push(start)
    this.onStart(start)
  }

  startsOf(executionId: ExecutionId): Start[] {
    return this.starts.filter((start) => start.executionId === executionId)
  }

  running(nodeId?: NodeId): Start[] {
    return this.starts.filter((start) => start.exit === undefined && (nodeId === undefined || start.nodeId === nodeId))
  }
}
