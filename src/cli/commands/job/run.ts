import { defineCommand } from '../../command.ts'
import { bool } from '../../flags.ts'
import { givenJob, templateFlags } from '../../job-file/given-job.ts'
import { runFlags } from '../../shared/run-flags.ts'
import { runJob } from '../../waiting/submit.ts'

export const command = defineCommand({
  use: '[file]',
  long: 'Submits the job of a YAML or JSON file, or of standard input, and waits until it has ended.',
  examples: [
    ['a job from a file', 'job run ./job.yaml'],
    ['without waiting', 'job run --wait=false ./job.yaml'],
    ['with its output', 'job run --follow ./job.yaml'],
    ['with variables of the template', "job run -V greeting=hello -E '^APP_' ./job.yaml"],
    ['a job once more', 'job describe j-e3f8c209 --output yaml | bacalhau job run'],
  ],
  args: {},
  flags: {
    'show-warnings': bool(false, 'Print the warnings of the submission'),
    'hide-warnings': bool(false, 'Print no warnings', { isHidden: true }),
    ...templateFlags,
    ...runFlags,
  },
  async run(input, cli) {
    const {
      args: [path],
      flags,
    } = input
    const job = await givenJob(path, flags, cli)
    const showsWarnings = flags['show-warnings'] && !flags['hide-warnings']
    return runJob(job, input, { showsWarnings, failure: 'failed request' }, cli)
  },
  exitCode: ({ exitCode }) => exitCode,
})
