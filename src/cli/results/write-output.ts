import type { ShownExecution } from '#api/decode/execution.ts'
import { Fault } from '#lib/fault.ts'
import { resultFolder } from '#platform/result-folder.ts'
import type { Cli } from '../command.ts'

const stdoutType = 1
/** Characters that are held before they are written: an output may be larger than memory, and a line is small. */
const heldLength = 1024 * 1024

/** Output that nothing published: as the orchestrator kept it, whole. */
export async function writeOutput(
  execution: ShownExecution,
  folder: string,
  signal: AbortSignal,
  cli: Cli,
): Promise<void> {
  const client = await cli.client()
  const held = { stdout: '', stderr: '' }
  const write = async (name: keyof typeof held): Promise<void> => {
    const text = held[name]
    held[name] = ''
    await resultFolder.append(`${folder}/${name}`, text)
  }
  for await (const { value, error } of client.jobs.logs(execution.JobID, { execution_id: execution.ID }, signal)) {
    if (error) throw new Fault('InternalError', `reading the output of ${execution.ID}: ${error}`)
    const name = value.Type === stdoutType ? 'stdout' : 'stderr'
    held[name] += value.Line
    if (held[name].length > heldLength) await write(name)
  }
  await write('stdout')
  await write('stderr')
  await resultFolder.append(`${folder}/exitCode`, String(execution.RunOutput?.ExitCode ?? 0))
}
