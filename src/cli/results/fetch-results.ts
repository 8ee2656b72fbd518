import { Fault } from '#lib/fault.ts'
import { resultFolder } from '#platform/result-folder.ts'
import type { Cli } from '../command.ts'
import { type FetchLimits, fetchAll } from './fetch-all.ts'
import { refuseOtherOutput } from './in-the-way.ts'
import type { Result } from './results-of.ts'

export type FetchFlags = FetchLimits & {
  readonly folder: string
  readonly mustExist: boolean
  readonly isRaw: boolean
}

/**
 * Brings all results into the folder, several at a time. Returns the files that several executions have and that were not
 * merged. What breaks, or is broken off, goes on where it was when it is called again. Where something in the folder is in the
 * way, nothing is left of it; where that can be known before, nothing is fetched.
 */
export async function fetchResults(results: readonly Result[], flags: FetchFlags, cli: Cli): Promise<string[]> {
  const folder = cli.resolve(flags.folder)
  if (flags.mustExist && !(await resultFolder.exists(folder))) {
    const why = (await resultFolder.isOther(folder)) ? 'is not a folder' : 'does not exist'
    throw new Fault('NotFound', `output dir ${why}: ${folder}`, { hint: 'Make it first, or leave the flag out.' })
  }
  const root = flags.isRaw ? `${folder}/raw` : folder
  for (const path of [folder, root, ...results.map(({ name }) => `${root}/${name}`)])
    await resultFolder.refuseOther(path)
  if (!flags.isRaw) await refuseOtherOutput(results, root)
  const fetched = await fetchAll(results, root, flags, cli)
  return flags.isRaw ? [] : show(results, root, fetched)
}

/** One result lies in the folder itself; several beside a view of all. */
async function show(results: readonly Result[], root: string, fetched: readonly string[]): Promise<string[]> {
  const names = results.map(({ name }) => name)
  const isAgain = fetched.length < names.length
  try {
    const shared = await resultFolder.show(root, names, isAgain)
    const [only = '', ...others] = names
    if (others.length === 0) await resultFolder.remove(`${root}/${only}`)
    return shared
  } catch (error) {
    for (const name of fetched) await resultFolder.remove(`${root}/${name}`)
    throw error
  }
}
