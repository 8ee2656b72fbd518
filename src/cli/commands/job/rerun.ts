import { atLeast, defineCommand } from '../../command.ts'
import { runFlags } from '../../shared/run-flags.ts'
import { namespaceQuery, versionFlags } from '../../shared/which-job.ts'
import { attend } from '../../waiting/submit.ts'

const { force: _force, 'dry-run': _dryRun, ...waitFlags } = runFlags

export const command = defineCommand({
  use: '[id or name]',
  long: 'Runs a job again, as a new version of it, and waits until it has ended. What still runs is stopped for it.',
  examples: [
    ['a job as it is', 'job rerun word-count'],
    ['an earlier version of it', 'job rerun --version 2 word-count'],
  ],
  args: atLeast(1),
  completes: 'job',
  flags: { ...versionFlags, ...waitFlags },
  async run({ args: [id = ''], flags, isGiven }, cli) {
    const client = await cli.client()
    const again = await client.jobs.rerun(id, { JobVersion: flags.version, Reason: 'job rerun' }, namespaceQuery(flags))
    return attend(again.JobID, flags, isGiven('wait-timeout-secs'), cli)
  },
  exitCode: ({ exitCode }) => exitCode,
})
