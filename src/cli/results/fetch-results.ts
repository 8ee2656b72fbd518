import { isDeepStrictEqual } from 'node:util'
import type { ShownExecution } from '#api/decode/execution.ts'
import { Fault } from '#lib/fault.ts'
import { shortId } from '#lib/short-id.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { resultFolder } from '#platform/result-folder.ts'
import type { Cli } from '../command.ts'
import { PublishedResults } from './published-results.ts'

/** What one execution left: published, or only its output. */
export type Result = { readonly name: string; readonly published?: SpecConfig; readonly execution?: ShownExecution }
export type FetchFlags = {
  readonly folder: string
  readonly mustExist: boolean
  readonly isRaw: boolean
  readonly timeoutMs: number
}

/** The published results of a job, else the executions that have run, whose output is kept by the orchestrator. */
export async function resultsOf(id: string, where: { namespace?: string }, cli: Cli): Promise<Result[]> {
  const client = await cli.client()
  const [published, executions] = await Promise.all([client.jobs.results(id, where), client.jobs.executions(id, where)])
  const byPartition = executions.Items.toSorted((a, b) => a.PartitionIndex - b.PartitionIndex)
  if (published.Items.length === 0) {
    return byPartition
      .filter((execution) => execution.RunOutput !== null)
      .map((execution) => ({ name: shortId(execution.ID), execution }))
  }
  return published.Items.map((spec, index) => {
    const execution = ownerOf(spec, byPartition)
    return {
      name: execution ? shortId(execution.ID) : `result-${index}`,
      published: spec,
      ...(execution && { execution }),
    }
  })
}

/** The execution a result belongs to: the one it names, who has published the same, or what a signed address stands for. */
function ownerOf(spec: SpecConfig, executions: readonly ShownExecution[]): ShownExecution | undefined {
  const source = spec.Params?.SourceSpec as Record<string, unknown> | undefined
  return executions.find(({ ID, PublishedResult }) => {
    if (PublishedResult === null) return false
    if (spec.Params?.ExecutionID === ID) return true
    if (isDeepStrictEqual(PublishedResult.Params, spec.Params)) return true
    const { Bucket, Key } = PublishedResult.Params ?? {}
    return source !== undefined && source.Bucket === Bucket && source.Key === Key
  })
}

/**
 * Brings all results into the folder. Returns the files that several executions have and that were not merged. Where
 * something in the folder is in the way, nothing is left of it.
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
  const fetched = await fetchAll(results, root, flags.timeoutMs, cli)
  return flags.isRaw ? [] : show(results, root, fetched)
}

/** Returns the names of those that were not there already. */
async function fetchAll(results: readonly Result[], root: string, timeoutMs: number, cli: Cli): Promise<string[]> {
  const signal = AbortSignal.any([cli.interrupted, AbortSignal.timeout(timeoutMs)])
  const published = new PublishedResults(cli, signal)
  const fetched: string[] = []
  for (const result of results) {
    if (await fetchOne(result, `${root}/${result.name}`, published, signal, cli)) fetched.push(result.name)
  }
  return fetched
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

/** A folder that is there was fetched before (then false): it only gets its name when it is whole. */
async function fetchOne(
  result: Result,
  target: string,
  published: PublishedResults,
  signal: AbortSignal,
  cli: Cli,
): Promise<boolean> {
  if (await resultFolder.exists(target)) return false
  const part = `${target}.part`
  await resultFolder.makeEmpty(part)
  try {
    if (result.published) await published.bring(result.published, result.execution, part)
    else if (result.execution) await writeOutput(result.execution, part, signal, cli)
  } catch (error) {
    await resultFolder.remove(part)
    throw error
  }
  await resultFolder.rename(part, target)
  return true
}

const stdoutType = 1

/** Output that nothing published: as the orchestrator kept it, whole. */
async function writeOutput(execution: ShownExecution, folder: string, signal: AbortSignal, cli: Cli): Promise<void> {
  const client = await cli.client()
  const texts = { stdout: '', stderr: '' }
  for await (const { value, error } of client.jobs.logs(execution.JobID, { execution_id: execution.ID }, signal)) {
    if (error) throw new Fault('InternalError', `reading the output of ${execution.ID}: ${error}`)
    texts[value.Type === stdoutType ? 'stdout' : 'stderr'] += value.Line
  }
  await cli.disk.writeFile(`${folder}/stdout`, texts.stdout)
  await cli.disk.writeFile(`${folder}/stderr`, texts.stderr)
  await cli.disk.writeFile(`${folder}/exitCode`, String(execution.RunOutput?.ExitCode ?? 0))
}
