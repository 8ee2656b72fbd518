import type { ShownExecution } from '#api/decode/execution.ts'
import { shortId } from '#lib/short-id.ts'
import { bold, hasColours } from '../colours.ts'
import type { Cli } from '../command.ts'
import { saidOf } from './failures.ts'
import { LastLines } from './last-lines.ts'

/** Most lines of the only execution, of each of several, and most executions. */
const limits = { alone: 40, each: 5, executions: 10 }
/** Longest time that reading a long output to its end may take. */
const readingMs = 5_000

/** A program may leave its colours on. */
const plainAgain = '\x1b[0m'

type Ending = { readonly execution: ShownExecution; readonly lines: LastLines }

/**
 * The end of what a job printed, for someone who watched it: its last lines, and how to get the rest. What was `told`
 * of a failed execution already is not shown again.
 */
export async function showOutput(jobId: string, isTold: boolean, cli: Cli): Promise<void> {
  const client = await cli.client()
  const { Items } = await client.jobs.executions(jobId, { order_by: 'create_time' })
  const ran = Items.filter(({ RunOutput }) => RunOutput !== null).sort(badFirst)
  const limit = ran.length === 1 ? limits.alone : limits.each
  const endings: Ending[] = []
  for (const execution of ran.slice(0, limits.executions)) {
    endings.push({ execution, lines: await linesOf(execution, limit, isTold, cli) })
  }
  const paint = hasColours(cli.stdout, cli.env) ? bold : String
  cli.stdout.write(outputText(endings, ran.length, `${cli.program} job logs ${jobId}`, paint))
}

const exitCodeOf = ({ RunOutput }: ShownExecution): number => RunOutput?.ExitCode ?? 0
const badFirst = (a: ShownExecution, b: ShownExecution): number =>
  Number(exitCodeOf(b) !== 0) - Number(exitCodeOf(a) !== 0)

/** The server keeps the beginning of a long output beside the execution; its end is in the log. */
async function linesOf(execution: ShownExecution, limit: number, isTold: boolean, cli: Cli): Promise<LastLines> {
  const lines = new LastLines(limit)
  const { Stdout = '', stderr = '', StdoutTruncated, StderrTruncated } = execution.RunOutput ?? {}
  if (StdoutTruncated || StderrTruncated) return readToEnd(execution, lines, cli)
  const said = isTold ? saidOf(execution) : ''
  for (const text of [Stdout, stderr]) {
    if (text !== '' && text !== said) lines.add(text.endsWith('\n') ? text : `${text}\n`)
  }
  return lines
}

async function readToEnd({ ID, JobID }: ShownExecution, lines: LastLines, cli: Cli): Promise<LastLines> {
  const late = new AbortController()
  const timer = cli.clock.after(readingMs, () => late.abort())
  const signal = AbortSignal.any([cli.interrupted, late.signal])
  try {
    for await (const { value } of (await cli.client()).jobs.logs(JobID, { execution_id: ID }, signal)) {
      lines.add(value.Line)
    }
  } catch (error) {
    if (!signal.aborted) throw error
    lines.add('\n…\n')
  } finally {
    timer.stop()
  }
  return lines
}

/** What of an output is shown, in words; `all` is the command that prints the whole. */
export function outputText(
  endings: readonly Ending[],
  executions: number,
  all: string,
  title: (text: string) => string,
): string {
  const shown = endings.filter(({ execution, lines }) => lines.text !== '' || exitCodeOf(execution) > 0)
  if (shown.length === 0) return ''
  const isAlone = executions === 1
  const texts = shown.map(({ execution, lines }) => {
    const who = isAlone ? 'Output' : `Output of execution ${shortId(execution.ID)} on node ${shortId(execution.NodeID)}`
    const code = exitCodeOf(execution) > 0 ? ` (exit code ${exitCodeOf(execution)})` : ''
    return `\n${title(`${who}${code}:`)}\n${lines.text}${lines.text.includes('\x1b') ? plainAgain : ''}`
  })
  const isWhole = executions === endings.length && endings.every(({ lines }) => !lines.isCut)
  const rest = isWhole ? '' : `\nThese are the last lines; all of it:\n\t${all}\n`
  return texts.join('') + rest
}
