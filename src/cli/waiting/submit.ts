import { since } from '#api/client-version.ts'
import { encodeJob } from '#api/encode/job.ts'
import type { SubmitAnswer } from '#api/jobs.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import type { Job, JobSpec } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Cli } from '../command.ts'
import type { FlagValues } from '../flags.ts'
import { allWarnings, type Warning } from '../job-file/warning.ts'
import type { Out } from '../out.ts'
import { printDocument } from '../print.ts'
import { Steps } from '../progress/steps.ts'
import type { runFlags } from '../shared/run-flags.ts'
import { during } from '../shared/wrap-error.ts'
import { fitted, tell } from '../tell.ts'
import { uploadPaths } from '../uploads/upload-paths.ts'
import { followLogs } from './follow-logs.ts'
import { reportFailure, reportNodes, reportReasons } from './report.ts'
import { showOutput } from './show-output.ts'
import { hasFailed, stepWidth, type WaitEnd, waitForJob } from './wait-for-job.ts'

type RunFlags = FlagValues<typeof runFlags>
type WaitFlags = Omit<RunFlags, 'force' | 'dry-run'>
export type Submission = {
  readonly spec: JobSpec
  /** Of a service or daemon that names itself. */
  readonly id: string
  readonly warnings: readonly Warning[]
}
/** What the user has said; output is followed to its end where that is not how long to wait. */
type RunInput = { readonly flags: RunFlags; isGiven(name: 'wait-timeout-secs'): boolean }
type RunOptions = {
  readonly showsWarnings: boolean
  /** What a refused submission is called. */
  readonly failure: string
}
/** How a command that submits ends. */
export type RunEnd = { readonly exitCode: number }
export const fine: RunEnd = { exitCode: 0 }

/** Does with a job what the flags say: prints it, or submits it and returns, waits, or follows its output. */
export async function runJob(submission: Submission, input: RunInput, options: RunOptions, cli: Cli): Promise<RunEnd> {
  const { flags } = input
  if (flags['dry-run']) return dryRun(submission, cli)
  const answer = await submit(submission, flags, options.failure, cli)
  const warnings = allWarnings(submission.warnings, answer.Warnings)
  if (options.showsWarnings) cli.stdout.write(warningsText(warnings, cli.stdout))
  return attend(answer.JobID, flags, input.isGiven('wait-timeout-secs'), cli)
}

/** Prints the job as it would be submitted, its warnings first. */
async function dryRun({ spec, warnings }: Submission, cli: Cli): Promise<RunEnd> {
  cli.stdout.write(warningsText(allWarnings(warnings), cli.stdout))
  // A job file in today's words: an older generation has no word for some networks, and no ports.
  const json = encodeJob(unsubmitted(spec), since.v1_8)
  await printDocument(cli.stdout, json, { output: 'yaml', pretty: false })
  return fine
}

const unsubmitted = (spec: JobSpec): Job => ({
  ...spec,
  ID: '' as JobId,
  State: { StateType: 'Undefined' },
  Version: 0,
  Revision: 0,
  CreateTime: 0n,
  ModifyTime: 0n,
  VersionTime: 0n,
})

/** Columns of a tab and a bullet. */
const listIndent = 10
const warningsText = (warnings: readonly string[], out: Out): string =>
  warnings.length === 0 ? '' : `Warnings:\n${warnings.map((each) => `\t* ${fitted(each, out, listIndent)}\n`).join('')}`

async function submit({ spec, id }: Submission, flags: RunFlags, failure: string, cli: Cli): Promise<SubmitAnswer> {
  const client = await cli.client()
  const Job = await withUploadsSent(spec, flags['id-only'], cli)
  return during(failure, client.jobs.submit({ Job, ID: id, Force: flags.force }))
}

/** What sends files is loaded for jobs that name some: most do not. */
async function withUploadsSent(spec: JobSpec, isQuiet: boolean, cli: Cli): Promise<JobSpec> {
  if (uploadPaths(spec).length === 0) return spec
  const { sendUploads } = await import('../uploads/send-uploads.ts')
  return sendUploads(spec, isQuiet, cli)
}

/** What the flags say after a submission: return, wait, or follow the output. */
export async function attend(jobId: string, flags: WaitFlags, isLimitGiven: boolean, cli: Cli): Promise<RunEnd> {
  if (!flags.wait || flags['id-only']) cli.stdout.write(`${jobId}\n`)
  if (!flags.wait) return fine
  return flags.follow && !flags['id-only'] ? follow(jobId, flags, isLimitGiven, cli) : wait(jobId, flags, cli)
}

const howToLeave = '(Enter Ctrl+C to exit at any time, your job will continue running):'

async function follow(id: string, flags: WaitFlags, isLimited: boolean, cli: Cli): Promise<RunEnd> {
  tell(cli.stdout, `Job successfully submitted. Job ID: ${id}`)
  tell(cli.stdout, `Waiting for logs... ${howToLeave}\n`)
  const limitMs = flags['wait-timeout-secs'] * 1_000
  const endMs = cli.clock.monotonicMs() + limitMs
  const limit = new AbortController()
  const timer = isLimited ? cli.clock.after(limitMs, () => limit.abort()) : undefined
  try {
    await followLogs(id, { follow: true, isJustTaken: true }, cli, { leave: limit.signal })
  } catch (error) {
    // A job that no node took has no output: what counts is why.
    const { Job } = await (await cli.client()).jobs.get(id)
    if (!hasFailed(Job)) throw error
  } finally {
    timer?.stop()
  }
  if (cli.interrupted.aborted) {
    if (cli.stdout.isTerminal) tell(cli.stderr, `\nThe job goes on; stop it with \`${cli.program} job stop ${id}\``)
    return fine
  }
  const end = await untilEnd(id, isLimited ? endMs - cli.clock.monotonicMs() : limitMs, true, cli)
  if (end.kind === 'timeout') throw stillRunning(id, flags, cli)
  if (end.kind !== 'ended' || !hasFailed(end.job)) return fine
  await reportReasons(end.job, cli)
  return { exitCode: flags['exit-code'] ? 1 : 0 }
}

/** Whether the job ended well is known a moment after its last line. */
async function untilEnd(id: string, limitMs: number, isQuiet: boolean, cli: Cli): Promise<WaitEnd> {
  const { clock, interrupted } = cli
  const steps = new Steps(cli.stdout, clock, stepWidth, isQuiet)
  const onSilence = (reason: string) => {
    if (!steps.isLive) tell(cli.stderr, `The server does not answer, but is asked again; the job goes on. ${reason}`)
  }
  return waitForJob(id, limitMs, { client: await cli.client(), clock, steps, interrupted, onSilence })
}

async function wait(id: string, flags: WaitFlags, cli: Cli): Promise<RunEnd> {
  const isQuiet = flags['id-only']
  if (!isQuiet) {
    tell(cli.stdout, `Job successfully submitted. Job ID: ${id}`)
    tell(cli.stdout, `Checking job status... ${howToLeave}\n`)
  }
  const end = await untilEnd(id, flags['wait-timeout-secs'] * 1_000, isQuiet, cli)
  switch (end.kind) {
    case 'interrupted':
      if (!isQuiet) cli.stdout.write(interruptedText(end.signal, id))
      return fine
    case 'timeout':
      throw stillRunning(id, flags, cli)
    case 'ended':
      if (hasFailed(end.job)) await reportFailure(end.job, cli)
      else if (flags['node-details'] && !isQuiet) await reportNodes(id, cli)
      if (!isQuiet) cli.stdout.write(hintsText(id, end.job.Tasks[0]?.Publisher.Type ?? '', cli.program))
      if (!isQuiet && cli.stdout.isTerminal && isTerminalJob(end.job.State.StateType)) {
        await showOutput(id, hasFailed(end.job) || flags['node-details'], cli)
      }
      return { exitCode: flags['exit-code'] && hasFailed(end.job) ? 1 : 0 }
  }
}

const stillRunning = (id: string, flags: WaitFlags, { program }: Cli): Fault =>
  new Fault(
    'Timeout',
    `the job is still running after ${flags['wait-timeout-secs']}s; it goes on without being waited for`,
    {
      hint: `Look at it with \`${program} job describe ${id}\``,
    },
  )

const interruptedText = (signal: string, id: string): string =>
  signal === 'SIGINT'
    ? '\n\n\rPrintout canceled (the job is still running).\n' +
      `\nTo get more information at any time, run:\n   bacalhau job describe ${id}\n` +
      `\nTo cancel the job, run:\n   bacalhau job stop ${id}\n`
    : 'Unexpected signal received. Exiting.\n'

const hintsText = (id: string, publisher: string, program: string): string =>
  `\nTo get more details about the run, execute:\n\t${program} job describe ${id}\n` +
  `\nTo get more details about the run executions, execute:\n\t${program} job executions ${id}\n` +
  (publisher === '' ? '' : `\nTo download the results, execute:\n\t${program} job get ${id}\n`)
