import type { ShownExecution } from '#api/decode/execution.ts'
import type { GetAnswer } from '#api/jobs.ts'
import { shortId } from '#lib/short-id.ts'
import { computeStateNames } from '#models/execution-state.ts'
import { isCounted, type Job } from '#models/job.ts'
import type { JobHistory } from '#models/job-history.ts'
import { plainTable } from './listing.ts'
import { boldTitle, keyValues } from './print.ts'
import { describedExecutionColumns } from './views/executions.ts'
import { describedHistoryColumns } from './views/history.ts'
import { dateTime } from './views/times.ts'

/** A job for people: what it is, how far its executions are, what happened, and the output. `room`: columns of the terminal. */
export function describeText(
  { Job, History, Executions }: GetAnswer,
  nowNs: bigint,
  showsDetails: boolean,
  room?: number,
): string {
  const executions = Executions?.Items ?? []
  const history = History?.Items ?? []
  const historyTable = (lines: readonly JobHistory[]) => plainTable(describedHistoryColumns(showsDetails), lines, room)
  const ofJob = history.filter((line) => line.Type === 'JobLevel')
  return [
    keyValues(jobFacts(Job)),
    boldTitle('Summary'),
    keyValues(stateCounts(executions)),
    ...(ofJob.length > 0 ? [boldTitle('Job History'), historyTable(ofJob)] : []),
    boldTitle('Executions'),
    plainTable(describedExecutionColumns(nowNs), executions, room),
    ...executions.toSorted(newestFirst).flatMap(({ ID }) => {
      const lines = history.filter((line) => line.ExecutionID === ID)
      return lines.length > 0 ? [boldTitle(`Execution ${shortId(ID)} History`), historyTable(lines)] : []
    }),
    ...outputs(executions),
  ].join('')
}

const newestFirst = (a: ShownExecution, b: ShownExecution): number => Number(b.CreateTime - a.CreateTime)

const jobFacts = (job: Job): [string, string][] => [
  ['ID', job.ID],
  ['Name', job.Name],
  ['Namespace', job.Namespace],
  ['Type', job.Type],
  ['State', job.State.StateType],
  ['Message', job.State.Message ?? ''],
  ['Count', isCounted(job.Type) ? String(job.Count) : ''],
  ['Created Time', dateTime(job.CreateTime)],
  ['Modified Time', dateTime(job.ModifyTime)],
  ['Version', String(job.Version)],
]

const stateCounts = (executions: readonly ShownExecution[]): [string, string][] =>
  computeStateNames.flatMap((name) => {
    const count = executions.filter((execution) => execution.ComputeState.StateType === name).length
    return count > 0 ? [[name, String(count)] as [string, string]] : []
  })

/** What the programs printed; with several executions each under its id. */
function outputs(executions: readonly ShownExecution[]): string[] {
  const texts = executions.flatMap((execution) => {
    const text = outputOf(execution)
    return text === '' ? [] : [{ id: execution.ID, text }]
  })
  if (texts.length === 0) return []
  const several = texts.map(({ id, text }) => `Execution ${shortId(id)}:\n${text}`).join('\n')
  return [boldTitle('Standard Output'), texts.length === 1 ? (texts[0]?.text ?? '') : several]
}

function outputOf({ RunOutput }: ShownExecution): string {
  if (RunOutput === null) return ''
  const { Stdout, stderr, StdoutTruncated, StderrTruncated } = RunOutput
  const text = [Stdout, stderr].filter((part) => part !== '').join('\n')
  return StdoutTruncated || StderrTruncated ? `${text}\n...\nOutput truncated` : text
}
