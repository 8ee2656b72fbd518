import type { DownloadProgress } from '#contracts/downloader.ts'
import { Fault, type FaultCode, faultOf, messageOf } from '#lib/fault.ts'
import { sideBySide } from '#lib/side-by-side.ts'
import { resultFolder } from '#platform/result-folder.ts'
import type { Cli } from '../command.ts'
import { Transfers } from '../progress/transfers.ts'
import { tell } from '../tell.ts'
import { PublishedResults } from './published-results.ts'
import type { Result } from './results-of.ts'
import { writeOutput } from './write-output.ts'

export type FetchFlags = {
  readonly folder: string
  readonly mustExist: boolean
  readonly isRaw: boolean
  /** What breaks off does not stay: nobody comes again. */
  readonly isTemporary?: boolean
  readonly timeoutMs: number
}

const mostAtOnce = 4

/**
 * Brings all results into the folder, several at a time. Returns the files that several executions have and that were not
 * merged. What breaks, or is broken off, goes on where it was when it is called again. Where something in the folder is in the
 * way, nothing is left of it.
 */
export async function fetchResults(results: readonly Result[], flags: FetchFlags, cli: Cli): Promise<string[]> {
  const folder = cli.resolve(flags.folder)
  if (flags.mustExist && !(await resultFolder.exists(folder))) {
    throw new Fault('NotFound', `output dir does not exist: ${folder}`, {
      hint: 'Make it first, or leave the flag out.',
    })
  }
  const root = flags.isRaw ? `${folder}/raw` : folder
  for (const path of [folder, root, ...results.map(({ name }) => `${root}/${name}`)])
    await resultFolder.refuseOther(path)
  const fetched = await fetchAll(results, root, flags, cli)
  return flags.isRaw ? [] : show(results, root, fetched)
}

type Failed = { name: string; error: unknown }

/** Returns the names of those that were not there already. One that fails does not keep the others from coming. */
async function fetchAll(
  results: readonly Result[],
  root: string,
  { timeoutMs, isTemporary }: FetchFlags,
  cli: Cli,
): Promise<string[]> {
  const late = new AbortController()
  const limit = cli.clock.after(timeoutMs, () => late.abort(tooLate(timeoutMs)))
  const signal = AbortSignal.any([cli.interrupted, late.signal])
  const published = new PublishedResults(cli, signal)
  const transfers = new Transfers(cli.stderr, cli.clock, 'results')
  const waiting = results.map((result) => ({ result, told: transfers.add(sizeOf(result)) }))
  const fetched: string[] = []
  const failed: Failed[] = []
  try {
    await sideBySide(waiting, mostAtOnce, signal, async ({ result, told }) => {
      try {
        const bring = (folder: string) => bringOne(result, folder, { published, told, signal, cli })
        if (await fetchOne(`${root}/${result.name}`, bring)) fetched.push(result.name)
        told(undefined)
      } catch (error) {
        signal.throwIfAborted()
        failed.push({ name: result.name, error })
      }
    })
    if (failed.length > 0) throw failureOf(failed, results.length, cli)
    return fetched
  } catch (error) {
    if (!isTemporary) await tellKept(results, root, cli)
    throw error
  } finally {
    limit.stop()
    transfers.stop()
  }
}

/** As its publisher says. */
const sizeOf = ({ published }: Result): number | undefined =>
  typeof published?.Params?.SizeBytes === 'number' ? published.Params.SizeBytes : undefined

/** A folder that is there was fetched before (then false): it only gets its name when it is whole. */
async function fetchOne(target: string, bring: (folder: string) => Promise<void>): Promise<boolean> {
  if (await resultFolder.exists(target)) return false
  const part = partOf(target)
  const folder = `${part}/files`
  await resultFolder.makeEmpty(folder)
  try {
    await bring(folder)
  } catch (error) {
    await resultFolder.remove(folder)
    await resultFolder.removeIfEmpty(part)
    throw error
  }
  await resultFolder.rename(folder, target)
  await resultFolder.remove(part)
  return true
}

/** Beside the folder of a result: what has come of it. */
const partOf = (target: string): string => `${target}.part`

type Bringing = { published: PublishedResults; told: DownloadProgress; signal: AbortSignal; cli: Cli }

async function bringOne(result: Result, folder: string, { published, told, signal, cli }: Bringing): Promise<void> {
  if (result.published) await published.bring(result.published, result.execution, folder, told)
  else if (result.execution) await writeOutput(result.execution, folder, signal, cli)
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

async function tellKept(results: readonly Result[], root: string, cli: Cli): Promise<void> {
  const parts = await Promise.all(results.map(({ name }) => resultFolder.exists(partOf(`${root}/${name}`))))
  if (parts.includes(true)) tell(cli.stderr, 'What has come so far is kept: the same command goes on from there.')
}

/** The failure of an only result as it is; of several each is told. */
function failureOf(failed: readonly Failed[], count: number, cli: Cli): unknown {
  const [first] = failed
  if (count === 1 || !first) return first?.error
  for (const { name, error } of failed) tell(cli.stderr, `${name}: ${messageOf(error)}`)
  const code: FaultCode = faultOf(first.error).code
  return new Fault(code, `${failed.length} of ${count} results could not be fetched`, {
    hint: 'The others are here, each in its folder; the same command fetches what is missing.',
    cause: first.error,
  })
}

const tooLate = (timeoutMs: number): Fault =>
  new Fault('Timeout', `the results did not come within ${timeoutMs / 1000}s`, {
    hint: 'The same command goes on where it was; --download-timeout-secs gives it more time.',
  })
