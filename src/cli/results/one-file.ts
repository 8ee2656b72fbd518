import { Fault } from '#lib/fault.ts'
import { resultFolder } from '#platform/result-folder.ts'
import type { Cli } from '../command.ts'
import { type FetchFlags, fetchResults } from './fetch-results.ts'
import type { Result } from './results-of.ts'

/**
 * Writes one file of the results to stdout: the one that only one execution has, output of all joined, or that of
 * `EXECUTION/path`. On its way all of them lie in a folder that lives no longer than the program, and is nobody else's.
 */
export async function printFile(
  results: readonly Result[],
  path: string,
  { timeoutMs }: Pick<FetchFlags, 'timeoutMs'>,
  cli: Cli,
): Promise<void> {
  // A reader that has seen enough must not keep the folder from being removed.
  cli.lasts()
  const folder = await resultFolder.makePrivate(cli.temporary)
  try {
    const flags = { folder, mustExist: true, isRaw: false, isTemporary: true, timeoutMs }
    const shared = await fetchResults(results, flags, cli)
    const file = await resultFolder.fileIn(folder, path)
    if (!file) throw noFile(path, shared.includes(path) ? results.map(({ name }) => name) : [])
    for await (const chunk of file) {
      cli.interrupted.throwIfAborted()
      cli.stdout.write(chunk)
    }
  } finally {
    await resultFolder.remove(folder)
  }
}

/** Refuses a folder of results that lacks the file which was asked for; whatever else came stays. */
export async function needFile(results: readonly Result[], path: string, flags: FetchFlags, cli: Cli): Promise<void> {
  const folder = cli.resolve(flags.folder)
  const root = flags.isRaw ? `${folder}/raw` : folder
  for (const each of [folder, ...results.map(({ name }) => `${root}/${name}`)]) {
    const file = await resultFolder.fileIn(each, path)
    file?.destroy()
    if (file) return
  }
  throw noFile(path, [])
}

/** `owners`: executions that each have one of their own. */
function noFile(path: string, owners: readonly string[]): Fault {
  const [first] = owners
  if (first === undefined) {
    return new Fault('NotFound', `the results have no file ${path}`, {
      hint: 'Without a path all of them are fetched, with --output-dir into a folder of yours.',
    })
  }
  return new Fault('MultipleFound', `several executions have a file ${path}: ${owners.join(', ')}`, {
    hint: `Name one of them before the path: ${first}/${path}.`,
  })
}
