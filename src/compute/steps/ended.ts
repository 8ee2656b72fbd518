import type { Disk } from '#contracts/disk.ts'
import type { Exit } from '#contracts/engine.ts'
import type { LogSink } from '#contracts/log-sink.ts'
import { mainTask } from '#models/job.ts'
import type { ExecutionDirectories } from '../directories.ts'
import type { RunContext } from '../run-context.ts'

type Noting = { disk: Disk; directories: ExecutionDirectories; exitCode: number }

/** In place of the machine's life, of a result that survives it. */
const synced = 'synced'

/** Notes that the program has ended by itself and all of its result is in its folder: from here on only publishing is left. */
export const noteEnded = async ({ disk, directories, exitCode }: Noting): Promise<void> =>
  disk.writeFile(directories.ended, `${await disk.bootId()} ${exitCode}\n`)

/** The same for what takes its time to be published: it is then there after a new start of the machine, too. */
export const noteKept = async ({ disk, directories, exitCode }: Noting): Promise<void> => {
  await directories.syncResult()
  await disk.replaceFile(directories.ended, `${synced} ${exitCode}\n`)
}

/**
 * How the program ended in an earlier life of this node, which left only publishing to do; undefined = it did not come to that. After
 * a new start of the machine the folder may lack what was never synced: then only a result counts that was, or that its publisher has
 * packed.
 */
export const endedBefore = async ({
  execution,
  job,
  registries,
  directories,
  disk,
  logs,
}: RunContext): Promise<Exit | undefined> => {
  const noted = await disk.readFile(directories.ended)
  const [, life, exitCode] = /^(\S+) (-?\d+)\n$/.exec(noted ? Buffer.from(noted).toString() : '') ?? []
  if (exitCode === undefined) return undefined
  const isThere = life === synced || life === (await disk.bootId())
  const publisher = registries.publishers.get(mainTask(job).Publisher.Type)
  if (!isThere && !(await publisher?.isPacked?.(execution.ID))) return undefined
  directories.isResultWhole = isThere
  await printAgain(disk, directories, logs)
  return { exitCode: Number(exitCode) }
}

/** Of a program that printed little there was no log on the disk: the result has what it printed. */
export async function printAgain(disk: Disk, directories: ExecutionDirectories, logs: LogSink): Promise<void> {
  const keptBytes = ([1, 2] as const).map((stream) => logs.keptBytes?.(stream) ?? 0)
  if (keptBytes.some((bytes) => bytes > 0)) return
  for (const [stream, name] of [[1, 'stdout'] as const, [2, 'stderr'] as const]) {
    const bytes = await disk.readFile(`${directories.result}/${name}`)
    if (bytes) await logs.write(stream, bytes)
  }
}
