import { Fault } from '#lib/fault.ts'
import { compileGlob } from '#lib/glob.ts'
import { topics } from '#models/event.ts'
import { mainTask } from '#models/job.ts'
import { placeOf } from '#models/result-place.ts'
import type { RunContext } from '../run-context.ts'

/**
 * Leaves in the result only what the patterns of its result paths name: whoever publishes it sees nothing else. Does the same when it
 * is done again. A pattern that names nothing is told, and no failure.
 */
export async function pickResults({
  job,
  directories,
  disk,
  onProgress,
}: Pick<RunContext, 'job' | 'directories' | 'disk' | 'onProgress'>): Promise<void> {
  for (const { Name, Path } of mainTask(job).ResultPaths) {
    const { pattern } = placeOf(Path)
    if (pattern === '') continue
    const keptCount = await disk.keepOnly(await directories.output(Name), compileGlob(pattern)).catch(asUserFault)
    if (keptCount === 0) {
      onProgress(topics.publishingResults, `Nothing matches result path ${Path}: ${Name} is empty in the result`)
    }
  }
}

function asUserFault(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error
  throw new Fault('BadRequest', 'the result has folders deeper than a path can name', { cause: error })
}
