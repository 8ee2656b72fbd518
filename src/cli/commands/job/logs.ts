import { Fault } from '#lib/fault.ts'
import { shortId } from '#lib/short-id.ts'
import { type Cli, defineCommand, exactly } from '../../command.ts'
import { bool, text } from '../../flags.ts'
import { idArgument } from '../../shared/id-argument.ts'
import { momentOf, sinceFlag } from '../../shared/since-flag.ts'
import { versionFlags, versionQuery } from '../../shared/which-job.ts'
import { tell } from '../../tell.ts'
import { followAllLogs } from '../../waiting/all-logs.ts'
import { followLogs, type LogChoice } from '../../waiting/follow-logs.ts'
import { reportReasons } from '../../waiting/report.ts'
import { fine, type RunEnd } from '../../waiting/submit.ts'
import { hasFailed } from '../../waiting/wait-for-job.ts'

export const command = defineCommand({
  use: '[id]',
  examples: [
    ['the output of a job', 'job logs j-e3f8c209'],
    ['and what comes, until it ends', 'job logs -f j-e3f8c209'],
    ['what all executions print, each line with its execution', 'job logs -f --all-executions j-e3f8c209'],
    ['the output of one of its executions', 'job logs -e e-1a2b3c4d j-e3f8c209'],
    ['the errors of the last ten minutes', "job logs --since 10m --grep 'error|fatal' j-e3f8c209"],
  ],
  args: exactly(1),
  completes: 'job',
  flags: {
    ...versionFlags,
    'all-executions': bool(false, 'Of all executions, each line after the short id of its own'),
    'execution-id': text('', 'Only this execution', { shorthand: 'e' }),
    follow: bool(false, 'Go on until the job ends', { shorthand: 'f' }),
    grep: text('', 'Only lines in which this pattern is found; RE2, as in Go'),
    since: sinceFlag('Only what was printed since then: so long ago, or a time with its zone'),
    tail: bool(false, 'Only what is printed from now on', { shorthand: 't' }),
  },
  async run({ args, flags }, cli): Promise<RunEnd> {
    const id = await idArgument(args, cli)
    if (flags['all-executions'] && flags['execution-id'] !== '')
      throw new Fault('ValidationError', '--all-executions and --execution-id exclude each other')
    const choice = {
      ...versionQuery(flags),
      executionId: flags['execution-id'],
      follow: flags.follow,
      tail: flags.tail,
      grep: flags.grep,
      ...(flags.since ? { sinceNs: momentOf(flags.since, cli.clock.nowNs()) } : {}),
    }
    const isAny = await (flags['all-executions'] ? followAllLogs : followLogs)(id, choice, cli)
    if (isAny || cli.interrupted.aborted) return fine
    if (choice.grep !== '' || choice.sinceNs !== undefined) return nothingSelected(cli)
    return explainSilence(id, choice, cli)
  },
  exitCode: ({ exitCode }) => exitCode,
})

function nothingSelected(cli: Cli): RunEnd {
  tell(cli.stderr, 'No line of the output is what --grep or --since asks for.')
  return fine
}

/** The exit code of a program that could not be started. */
const neverRan = -1

/** Why a job that failed has no output, on stderr. Without any run there is nothing to show: that is an error. */
async function explainSilence(
  id: string,
  { executionId = '', follow: _f, tail: _t, grep: _g, ...which }: LogChoice,
  cli: Cli,
): Promise<RunEnd> {
  const client = await cli.client()
  const { Job, Executions } = await client.jobs.get(id, { ...which, include: 'executions' })
  const asked = Executions?.Items.filter(({ ID }) => ID.startsWith(executionId)) ?? []
  const codes = asked.map(({ RunOutput }) => RunOutput?.ExitCode ?? neverRan)
  const code = codes.find((each) => each > 0)
  const isWell = asked.length > 0 && asked.every(({ ComputeState }) => ComputeState.StateType === 'Completed')
  const hasJobFailed = hasFailed(Job) && !isWell
  if (!hasJobFailed && code === undefined) return fine
  const ending = code === undefined ? '' : `, with exit code ${code}`
  tell(cli.stderr, `Job ${shortId(Job.ID)} printed nothing; it is ${Job.State.StateType}${ending}.`)
  if (hasJobFailed) await reportReasons(Job, cli, executionId)
  return { exitCode: codes.some((each) => each !== neverRan) ? 0 : 1 }
}
