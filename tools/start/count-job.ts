import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShownExecution } from '#api/decode/execution.ts'
import { Client } from '#client/client.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { addCounts, type Counts } from './counts.ts'
import { bacalhau, type Product } from './product.ts'

/** One part of the work: which, where, of how many files. */
export type Part = { number: number; node: string; files: number; ms: number }

export type SubmittedCount = { id: string; parts: number; client: Client }

/** Submits a job file as a user does. */
export async function submitCount(product: Product, file: string, values: Record<string, string | number>) {
  const variables = Object.entries(values).flatMap(([name, value]) => ['-V', `${name}=${value}`])
  const id = (await bacalhau(product, ['job', 'run', '--wait=false', ...variables, file])).trim()
  const url = `http://127.0.0.1:${product.env['BACALHAU_API_PORT']}`
  return { id, parts: Number(values['parts']), client: new Client({ url }) }
}

const lookEveryMs = 100

/** Waits until every part is done, telling how far it is. A job that fails, or is interrupted, is an error. */
export async function countedParts(
  { id, parts, client }: SubmittedCount,
  signal: AbortSignal,
  tell: (done: number) => void,
): Promise<Part[]> {
  for (let told = -1; ; await sleep(lookEveryMs, undefined, { signal })) {
    const { Job } = await client.jobs.get(id, {}, signal)
    const { Items } = await client.jobs.executions(id, { limit: 1000 }, signal)
    const done = Items.filter(({ ComputeState }) => ComputeState.StateType === 'Completed')
    if (done.length !== told) tell((told = done.length))
    if (!isTerminalJob(Job.State.StateType)) continue
    if (Job.State.StateType === 'Completed' && done.length === parts) return done.map(partOf).sort(byNumber)
    const reasons = Items.map(({ NodeID, ComputeState }) => `\n  ${NodeID}: ${ComputeState.Message}`)
    throw new Error(`job ${id} ended ${Job.State.StateType}: ${Job.State.Message}${reasons.join('')}`)
  }
}

const byNumber = (one: Part, other: Part): number => one.number - other.number

/** A part says itself what it did: `partition 1 of 6: 82 of 487 files`. */
function partOf({ NodeID, PartitionIndex, RunOutput, StartTime, ModifyTime }: ShownExecution): Part {
  const files = Number(/: (\d+) of \d+ files/.exec(RunOutput?.stderr ?? '')?.[1])
  return { number: PartitionIndex + 1, node: NodeID, files, ms: Number((ModifyTime - (StartTime ?? 0n)) / 1_000_000n) }
}

/** Fetches the results of all parts and adds them up. */
export async function fetchCounts(product: Product, id: string, folder: string): Promise<Counts> {
  mkdirSync(folder)
  await bacalhau(product, ['job', 'get', '--raw', '--output-dir', folder, id])
  const counts: Counts = new Map()
  for (const part of readdirSync(join(folder, 'raw'))) {
    addCounts(counts, readFileSync(join(folder, 'raw', part, 'outputs/words')))
  }
  return counts
}
