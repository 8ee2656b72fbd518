import { normalize } from 'node:path'
import type { IsWanted } from '#contracts/archive.ts'
import { Fault } from '#lib/fault.ts'
import { resultFolder } from '#platform/result-folder.ts'
import type { Cli } from '../command.ts'
import { type FetchFlags, fetchResults } from './fetch-results.ts'
import type { Result } from './results-of.ts'

/**
 * Writes one file of the results to stdout: the one that only one execution has, output of all joined, or that of
 * `EXECUTION/path`. On its way it lies in a folder that lives no longer than the program, and is nobody else's. What else the
 * results have is not written there, unless a link leads to it.
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
    const flags = { mustExist: false, isRaw: false, isTemporary: true, timeoutMs }
    const names = results.map(({ name }) => name)
    let isLinked = false
    const isWanted = wantedOnly(path, names, () => (isLinked = true))
    let root = `${folder}/one`
    let shared = await fetchResults(results, { ...flags, folder: root, isWanted }, cli)
    if (isLinked) {
      root = `${folder}/all`
      shared = await fetchResults(results, { ...flags, folder: root }, cli)
    }
    const place = await resultFolder.placeIn(root, path)
    if (!place) throw noFile(path, shared.includes(path) ? names : [])
    if (place.kind === 'folder')
      throw isFolder(path, [...(await resultFolder.names(place.path)), ...below(path, shared)])
    for await (const chunk of resultFolder.content(place.path)) {
      cli.interrupted.throwIfAborted()
      cli.stdout.write(chunk)
    }
  } finally {
    await resultFolder.remove(folder)
  }
}

/**
 * What is at the path, below it, or on the way there; in a result, or in that of an execution that the path begins with. `onLink` is
 * told of a link among them: what is wanted may then be anywhere.
 */
function wantedOnly(path: string, names: readonly string[], onLink: () => void): IsWanted {
  const asked = namesIn(path)
  const paths = names.includes(asked[0] ?? '') ? [asked, asked.slice(1)] : [asked]
  return (entry, isLink) => {
    const own = namesIn(entry)
    const isMeant = paths.some((each) => each.every((name, i) => i >= own.length || name === own[i]))
    if (isMeant && isLink) onLink()
    return isMeant && !isLink
  }
}

const namesIn = (path: string): string[] =>
  normalize(path)
    .split('/')
    .filter((name) => name !== '' && name !== '.')

/** Refuses a folder of results that lacks the file or folder which was asked for; whatever else came stays. */
export async function needPlace(results: readonly Result[], path: string, flags: FetchFlags, cli: Cli): Promise<void> {
  const folder = cli.resolve(flags.folder)
  const root = flags.isRaw ? `${folder}/raw` : folder
  for (const each of [folder, ...results.map(({ name }) => `${root}/${name}`)]) {
    if (await resultFolder.placeIn(each, path)) return
  }
  throw noFile(path, [])
}

/** What several executions have in a folder is not in the view of all. */
const below = (path: string, shared: readonly string[]): string[] => {
  const asked = namesIn(path)
  const paths = shared.map(namesIn).filter((names) => asked.every((name, i) => name === names[i]))
  return paths.flatMap((names) => (names.length === asked.length + 1 ? names.slice(-1) : []))
}

const mostNamed = 5

function isFolder(path: string, names: readonly string[]): Fault {
  const place = path.replace(/\/+$/, '')
  const named = names.slice(0, mostNamed).map((name) => `${place}/${name}`)
  const more = names.length > mostNamed ? `, … (${names.length})` : ''
  return new Fault('ValidationError', `${place} is a folder: only one file can be written to stdout`, {
    hint: `${names.length > 0 ? `In it: ${named.join(', ')}${more}. ` : 'It is empty. '}With a folder as --output-dir all of it is fetched.`,
  })
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
