import type { ShownExecution } from '#api/decode/execution.ts'
import { Fault } from '#lib/fault.ts'
import { resultFolder } from '#platform/result-folder.ts'
import type { Cli } from '../command.ts'
import { printedIn } from '../waiting/printed.ts'

const stdoutType = 1
/** What is held before it is written: an output may be larger than memory, and a line is small. */
const heldLimitBytes = 1024 * 1024

/** Output that nothing published: as the orchestrator kept it, whole. */
export async function writeOutput(
  execution: ShownExecution,
  folder: string,
  signal: AbortSignal,
  cli: Cli,
): Promise<void> {
  const client = await cli.client()
  const held: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] }
  const write = (name: keyof typeof held): Promise<void> =>
    resultFolder.append(`${folder}/${name}`, Buffer.concat(held[name].splice(0)))
  let heldBytes = 0
  for await (const frame of client.jobs.logs(execution.JobID, { execution_id: execution.ID, bytes: true }, signal)) {
    if (frame.error) throw new Fault('InternalError', `reading the output of ${execution.ID}: ${frame.error}`)
    const printed = printedIn(frame)
    held[frame.value.Type === stdoutType ? 'stdout' : 'stderr'].push(printed)
    heldBytes += printed.length
    if (heldBytes <= heldLimitBytes) continue
    await write('stdout')
    await write('stderr')
    heldBytes = 0
  }
  await write('stdout')
  await write('stderr')
  await resultFolder.append(`${folder}/exitCode`, String(execution.RunOutput?.ExitCode ?? 0))
}
