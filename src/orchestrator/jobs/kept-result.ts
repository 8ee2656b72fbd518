import type { KeptResult } from '#contracts/control-plane.ts'
import { resultPartBytes } from '#contracts/node-link.ts'
import type { ResultPart, ResultQuery } from '#contracts/publisher.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import { isNoSpec } from '#models/spec-config.ts'

export type ResultReader = {
  /** A piece; undefined when there is none of that execution. */
  read: (query: ResultQuery) => Promise<ResultPart | undefined>
  /** Keeps what is read from going, where that is ours to say, until it is let go. */
  hold?: (executionId: ExecutionId) => () => void
}

/** The result that an execution's node keeps, as a way through the link for those who cannot reach the node itself [R190]. */
export async function keptResult(execution: Execution, reader: ResultReader | undefined): Promise<KeptResult> {
  if (isNoSpec(execution.PublishedResult)) throw nothingPublished(execution)
  const read = (offset: number, limitBytes: number) => partOf(execution, reader, offset, limitBytes)
  const { sizeBytes, tag } = await read(0, 0)
  return {
    sizeBytes,
    tag,
    async *from(offset, signal) {
      const letGo = reader?.hold?.(execution.ID)
      try {
        for (let at = offset; at < sizeBytes && !signal.aborted; ) {
          const part = await read(at, Math.min(resultPartBytes, sizeBytes - at))
          if (part.tag !== tag || part.bytes.length === 0) throw changed(execution)
          at += part.bytes.length
          yield part.bytes
        }
        signal.throwIfAborted()
      } finally {
        letGo?.()
      }
    },
  }
}

async function partOf(
  { ID, NodeID }: Execution,
  reader: ResultReader | undefined,
  offset: number,
  limitBytes: number,
): Promise<ResultPart> {
  if (!reader) throw away(NodeID, ID)
  try {
    const part = await reader.read({ executionId: ID, offset, limitBytes })
    if (part) return part
  } catch (error) {
    const isAway = error instanceof Fault && (error.code === 'ServiceUnavailable' || error.code === 'Timeout')
    throw isAway ? away(NodeID, ID, error) : error
  }
  throw gone(ID)
}

const away = (nodeId: string, executionId: string, cause?: Fault): Fault =>
  new Fault('ServiceUnavailable', `node ${nodeId}, which keeps the result of ${executionId}, cannot be reached`, {
    hint: `Try again when the node is connected; bacalhau node describe ${nodeId} tells.`,
    isRetryable: true,
    ...(cause ? { cause } : {}),
  })

const gone = (executionId: string): Fault =>
  new Fault('NotFound', `the result of ${executionId} is not kept any more`, {
    hint: 'Orchestrator.Retention.Results says how long results are kept, Orchestrator.Retention.MaxSize in how much room.',
  })

const nothingPublished = ({ ID }: Execution): Fault =>
  new Fault('NotFound', `execution ${ID} has published no result`, {
    hint: 'bacalhau job describe tells how it ended; bacalhau job logs shows its output.',
  })

const changed = ({ ID }: Execution): Fault =>
  new Fault('Conflict', `the result of ${ID} changed while it was read`, { isRetryable: true })
