import type { Exit } from '#contracts/engine.ts'
import { faultOf } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { RunContext } from '../run-context.ts'
import { noteEnded, printAgain } from './ended.ts'

/**
 * How the program ended in an earlier attempt that only its publisher failed, with its result, which the orchestrator has kept, in
 * its folder: what is left is to publish it. Undefined = there is none, or it is kept no more.
 */
export const broughtBack = async (context: RunContext, signal: AbortSignal): Promise<Exit | undefined> => {
  const { execution, registries, directories, disk, logs, onProgress } = context
  const { KeptResult: kept, JobID: jobId } = execution
  const publisher = kept && registries.publishers.get(kept.Type)
  if (!kept || !publisher?.bringBack) return undefined
  const directory = await directories.makeResult()
  try {
    await publisher.bringBack({ jobId, published: kept, directory }, signal)
  } catch (error) {
    if (signal.aborted || faultOf(error).code !== 'NotFound') throw error
    onProgress(topics.downloadingInputs, 'The result of the earlier attempt is kept no more: its program runs again')
    return undefined
  }
  onProgress(topics.publishingResults, 'The result of the earlier attempt is published: its program does not run again')
  const exitCode = Number(Buffer.from((await disk.readFile(`${directory}/exitCode`)) ?? '').toString())
  await printAgain(disk, directories, logs)
  directories.isResultWhole = true
  await noteEnded({ disk, directories, exitCode })
  return { exitCode }
}
