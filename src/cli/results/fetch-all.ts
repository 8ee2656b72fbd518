import type { IsWanted } from '#contracts/archive.ts'
import type { DownloadProgress } from '#contracts/downloader.ts'
import { Fault, faultOf } from '#lib/fault.ts'
import { sideBySide } from '#lib/side-by-side.ts'
import { resultFolder } from '#platform/result-folder.ts'
import type { Cli } from '../command.ts'
import { Transfers } from '../progress/transfers.ts'
import { tell } from '../tell.ts'
import { PublishedResults } from './published-results.ts'
import type { Result } from './results-of.ts'
import { writeOutput } from './write-output.ts'

export type FetchLimits = {
  readonly timeoutMs: number
  /** What breaks off does not stay: nobody comes again. */
  readonly isTemporary?: boolean
  /** What else a result has need not be there. Absent = all of it is wanted. */
  readonly isWanted?: IsWanted
}

const mostAtOnce = 4

type Failed = { name: string; error: unknown }

/**
 * Brings each result into a folder of `root`, several at a time. Returns the names of those that were not there already. One
 * that fails does not keep the others from coming.
 */
export async function fetchAll(
  results: readonly Result[],
  root: string,
  { timeoutMs, isTemporary = false, isWanted }: FetchLimits,
  cli: Cli,
): Promise<string[]> {
  const late = new AbortController()
  const limit = cli.clock.after(timeoutMs, () => late.abort(tooLate(timeoutMs, isTemporary)))
  const signal = AbortSignal.any([cli.interrupted, late.signal])
  const published = new PublishedResults(cli, signal, isWanted)
  const transfers = new Transfers(cli.stderr, cli.clock, 'results')
  const waiting = results.map((result) => ({ result, told: transfers.add(sizeOf(result)) }))
  const fetched: string[] = []
  const failed: Failed[] = []
  const all = sideBySide(waiting, mostAtOnce, signal, async ({ result, told }) => {
    try {
      const bring = (folder: string) => bringOne(result, folder, { published, told, signal, cli })
      if (await fetchOne(`${root}/${result.name}`, bring)) fetched.push(result.name)
      told(undefined)
    } catch (error) {
      signal.throwIfAborted()
      failed.push({ name: result.name, error: isTemporary ? unkept(error) : error })
    }
  })
  try {
    // What is told then begins on a line of its own.
    await all.finally(() => {
      limit.stop()
      transfers.stop()
    })
    if (failed.length > 0) throw failureOf(failed, results.length, isTemporary, cli)
    return fetched
  } catch (error) {
    const mayGoOn = failed.length === 0 || !failed.every(({ error: why }) => isLeftPacked(why) || isTaken(why))
    if (!isTemporary && mayGoOn) await tellKept(results, root, cli)
    throw error
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
  await resultFolder.claim(part)
  try {
    await resultFolder.makeEmpty(folder)
    await bring(folder)
  } catch (error) {
    await resultFolder.remove(folder)
    await resultFolder.letGo(part)
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

async function tellKept(results: readonly Result[], root: string, cli: Cli): Promise<void> {
  const parts = await Promise.all(results.map(({ name }) => resultFolder.exists(partOf(`${root}/${name}`))))
  if (parts.includes(true)) tell(cli.stderr, 'What has come so far is kept: the same command goes on from there.')
}

/** Where nothing is kept, what could be done with it is no help. */
const nothingKept = 'Nothing of it is kept here; with a folder as --output-dir what comes stays there.'

/** The failure of an only result as it is; of several each is told. */
function failureOf(failed: readonly Failed[], count: number, isTemporary: boolean, cli: Cli): unknown {
  const [first] = failed
  if (count === 1 || !first) return first?.error
  for (const { name, error } of failed) {
    const { message, hint } = faultOf(error)
    tell(cli.stderr, `${name}: ${message}`)
    if (hint) tell(cli.stderr, `  ${hint}`)
  }
  const goOn =
    failed.length === count
      ? 'The same command tries again.'
      : 'The others are here, each in its folder; the same command fetches what is missing.'
  return new Fault(faultOf(first.error).code, `${failed.length} of ${count} results could not be fetched`, {
    hint: isTemporary ? nothingKept : goOn,
    cause: first.error,
  })
}

/** An archive that would take too much room is left packed, and its hint says where; but here it goes with the rest. */
function unkept(error: unknown): unknown {
  if (!isLeftPacked(error)) return error
  const { code, message } = faultOf(error)
  return new Fault(code, message, { hint: nothingKept, cause: error })
}

function isLeftPacked(error: unknown): boolean {
  const { code, isRetryable } = faultOf(error)
  return code === 'ResourceExhausted' && !isRetryable
}

/** By another command, whose it is to go on. */
const isTaken = (error: unknown): boolean => faultOf(error).code === 'Conflict'

const tooLate = (timeoutMs: number, isTemporary: boolean): Fault =>
  new Fault('Timeout', `the results did not come within ${timeoutMs / 1000}s`, {
    hint: isTemporary
      ? '--download-timeout-secs gives them more time.'
      : 'The same command goes on where it was; --download-timeout-secs gives it more time.',
  })
