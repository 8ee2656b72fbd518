import { Fault } from '#lib/fault.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { type Cli, defineCommand, exactly } from '../../command.ts'
import { bool } from '../../flags.ts'
import { Steps } from '../../progress/steps.ts'
import { idArgument } from '../../shared/id-argument.ts'
import { namespaceFlag, namespaceQuery } from '../../shared/which-job.ts'
import { during } from '../../shared/wrap-error.ts'
import { tell } from '../../tell.ts'

/** Columns of the longest step. */
const stepWidth = 21

export const command = defineCommand({
  use: '[id]',
  examples: [
    ['a job', 'job stop j-e3f8c209'],
    ['without a word', 'job stop --quiet j-e3f8c209'],
  ],
  args: exactly(1),
  completes: 'job',
  flags: { ...namespaceFlag, quiet: bool(false, 'Print nothing at all; the exit code tells') },
  isSilent: ({ flags }) => flags.quiet,
  async run({ args, flags }, cli) {
    const id = await idArgument(args, cli)
    if (!flags.quiet) cli.stdout.write('Checking job status\n\n')
    const steps = new Steps(cli.stdout, cli.clock, stepWidth, flags.quiet)
    try {
      return await stop(id, namespaceQuery(flags), steps, cli)
    } catch (error) {
      steps.end(cli.interrupted.aborted ? 'cancelled' : 'failed')
      if (cli.interrupted.aborted) return undefined
      throw error
    }
  },
  show(evaluation, { flags }, cli) {
    if (flags.quiet || evaluation === undefined) return
    tell(cli.stdout, `\nJob stop successfully submitted with evaluation ID: ${evaluation}`)
  },
})

async function stop(id: string, where: { namespace?: string }, steps: Steps, cli: Cli): Promise<string> {
  steps.begin('Connecting to network')
  const client = await cli.client()
  steps.begin('Verifying job state')
  const { Job } = await client.jobs.get(id, where)
  if (isTerminalJob(Job.State.StateType)) {
    throw new Fault('Conflict', `Job is already in a terminal state.\nThe current state is: ${Job.State.StateType}`)
  }
  steps.begin('Stopping job')
  const request = client.jobs.stop(Job.ID, { reason: 'Stopped at user request' })
  const { EvaluationID } = await during(`unknown error trying to stop job (ID: ${id})`, request)
  steps.end('done')
  return EvaluationID
}
