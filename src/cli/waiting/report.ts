import type { Job } from '#models/job.ts'
import { coloursFor } from '../colours.ts'
import type { Cli } from '../command.ts'
import { toldAudience } from '../shared/generation.ts'
import { during } from '../shared/wrap-error.ts'
import { defaultColumns } from '../wrap.ts'
import { failureReasons, nodeResults, nodeResultText, reasonText, type TextStyle } from './failures.ts'

const failure = 'failed to print job execution'

/** Says on stderr why a job failed and what its nodes said. */
export async function reportFailure(job: Job, cli: Cli): Promise<void> {
  await reportReasons(job, cli)
  await reportNodes(job.ID, cli)
}

/** Says on stderr why a job failed, or one execution of it. */
export async function reportReasons(job: Job, cli: Cli, execution_id?: string): Promise<void> {
  const query = {
    event_type: 'execution',
    audience: toldAudience,
    job_version: job.Version,
    execution_id: execution_id || undefined,
  }
  const history = (await cli.client()).jobs.history(job.ID, query)
  const { Items } = await during(`${failure}: failed getting job history`, history)
  const style = styleOf(cli)
  for (const reason of failureReasons(job, Items)) cli.stderr.write(reasonText(reason, style))
}

/** What the nodes said, on stderr; without anything said a blank line on stdout. */
export async function reportNodes(id: string, cli: Cli): Promise<void> {
  const executions = (await cli.client()).jobs.executions(id)
  const { Items } = await during(`${failure}: failed getting job executions`, executions)
  const results = nodeResults(Items)
  if (results.length === 0) return cli.stdout.write('\n')
  cli.stderr.write('\nJob Results By Node:\n')
  for (const result of results) cli.stderr.write(nodeResultText(result, styleOf(cli).columns))
}

function styleOf(cli: Cli): TextStyle {
  return { columns: cli.stderr.columns ?? defaultColumns, ...coloursFor(cli.stdout, cli.env) }
}
