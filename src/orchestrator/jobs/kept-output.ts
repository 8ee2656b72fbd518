import type { LogChunk } from '#contracts/log-reader.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import { timeText } from '../events.ts'

/** What the control plane has of an output; as nobody knows better, all of it was written when the execution ended. */
export async function* keptOutput({ RunOutput, ModifyTime }: Execution): AsyncGenerator<LogChunk> {
  if (!RunOutput) return
  for (const [stream, text] of [
    [1, RunOutput.Stdout],
    [2, RunOutput.stderr],
  ] as const) {
    const bytes = Buffer.from(text)
    if (bytes.length > 0) yield { stream, bytes, end: bytes.length, timeMs: Number(ModifyTime / 1_000_000n) }
  }
}

/** Whether that is all that was printed. */
export const isKeptWhole = ({ RunOutput, StartTime }: Execution): boolean =>
  RunOutput ? !RunOutput.StdoutTruncated && !RunOutput.StderrTruncated : StartTime === 0n

/** What its reader is told when the rest of an output is nowhere any more. */
export const restIsGone = ({ ID, NodeID }: Execution): string =>
  `Node ${NodeID} does not keep the output of execution ${ID} any more: only its beginning is left.`

/** `awaySinceNs`: since when the node is not connected, Unix ns; 0 = not known. */
export const isAway = ({ ID, NodeID }: Execution, awaySinceNs: bigint): Fault => {
  const since = awaySinceNs === 0n ? '' : `; it is away since ${timeText(awaySinceNs)}`
  return new Fault('ServiceUnavailable', `node ${NodeID} cannot be reached for its logs of execution ${ID}${since}`, {
    isRetryable: true,
    hint: 'The output is kept there. Try again when the node is connected; bacalhau node list shows whether it is.',
  })
}
