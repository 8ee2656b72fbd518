import type { ShownExecution } from '#api/decode/execution.ts'
import { type Fault, faultOf } from '#lib/fault.ts'
import { shortId } from '#lib/short-id.ts'
import { Turns } from '#lib/turns.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Cli } from '../command.ts'
import { tell } from '../tell.ts'
import { followLogs, type LogChoice, type Told, toldOn } from './follow-logs.ts'
import { isWorthAnotherTry, pauseAfterMs } from './patience.ts'
import { PrefixedLines } from './prefixed-lines.ts'

/** Executions whose output is followed at a time. */
const followedAtOnce = 200
/** Longest question to the server; it answers at once when something changes. */
const questionMs = 30_000

/**
 * Writes the output of all executions of a job, each line after the short id of its execution, and returns whether there was
 * any: one after the other, or with `follow` as it comes, those that begin meanwhile too. Throws the first Fault of an
 * execution when all others are told.
 */
export async function followAllLogs(id: string, choice: LogChoice, cli: Cli): Promise<boolean> {
  const turns = new Turns(choice.follow ? followedAtOnce : 1)
  const told = toldOnce(cli)
  const begun = new Map<string, Promise<boolean>>()
  const faults: Fault[] = []
  for await (const { Job, executions } of seenOf(id, choice, cli)) {
    for (const { ID } of executions) {
      if (begun.has(ID)) continue
      if (begun.size === followedAtOnce && choice.follow)
        tell(
          cli.stderr,
          `${followedAtOnce} executions are followed at a time; the others follow when one of them ends.`,
        )
      const own = { ...choice, executionId: ID }
      begun.set(
        ID,
        turns
          .take(() => followOne(Job.ID, own, told, cli))
          .catch((error: unknown) => {
            tell(cli.stderr, `Execution ${shortId(ID)}: ${faultOf(error).message}`)
            return faults.push(faultOf(error)) < 0
          }),
      )
    }
  }
  const isAny = (await Promise.all(begun.values())).some(Boolean)
  if (faults[0] && !cli.interrupted.aborted) throw faults[0]
  return isAny
}

async function followOne(
  jobId: string,
  choice: LogChoice & { executionId: string },
  told: Told,
  cli: Cli,
): Promise<boolean> {
  const prefix = `${shortId(choice.executionId)} | `
  const lines = { 1: new PrefixedLines(prefix), 2: new PrefixedLines(prefix) }
  const write = (printed: Uint8Array, stream: 1 | 2) => cli.stdout.write(lines[stream].add(printed))
  try {
    return await followLogs(jobId, choice, cli, { write, told })
  } finally {
    for (const stream of [1, 2] as const) cli.stdout.write(lines[stream].end())
  }
}

const mayPrint = ({ ComputeState, StartTime }: ShownExecution): boolean =>
  StartTime > 0n || !isTerminalExecution(ComputeState.StateType)

/** The line to the server breaks under all of them at once: that is told once. */
function toldOnce(cli: Cli): Told {
  const told = toldOn(cli.stderr)
  let broken = 0
  return {
    ...told,
    onBreak: (reason) => void (broken++ === 0 && told.onBreak(reason)),
    onMend: () => void (--broken === 0 && told.onMend()),
  }
}

type Seen = { readonly Job: Job; readonly executions: readonly ShownExecution[] }

/** A job and its executions, the oldest first; with `follow` again after each change, until the job has ended. */
async function* seenOf(id: string, choice: LogChoice, cli: Cli): AsyncGenerator<Seen> {
  const { follow = false, namespace, job_version } = choice
  const which = { ...(namespace ? { namespace } : {}), ...(job_version ? { job_version } : {}), include: 'executions' }
  let later = {}
  for (let failures = 0; !cli.interrupted.aborted; ) {
    try {
      const client = await cli.client()
      const { Job, Executions } = await client.jobs.get(id, { ...which, ...later }, cli.interrupted)
      failures = 0
      const ran = Executions?.Items.filter(mayPrint) ?? []
      yield { Job, executions: ran.toSorted((one, other) => Number(one.CreateTime - other.CreateTime)) }
      if (!follow || isTerminalJob(Job.State.StateType)) return
      later = { wait: questionMs, index: Job.Revision }
    } catch (error) {
      if (cli.interrupted.aborted) return
      failures += 1
      if (!follow || !isWorthAnotherTry(error, failures)) throw error
      await cli.clock.sleep(pauseAfterMs(failures), cli.interrupted)
    }
  }
}
