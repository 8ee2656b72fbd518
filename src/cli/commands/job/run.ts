import { defineCommand } from '../../command.ts'
import { bool, stringToString, text } from '../../flags.ts'
import { jobText } from '../../job-file/job-text.ts'
import { parseJob } from '../../job-file/parse-job.ts'
import { fillTemplate } from '../../job-file/template-job.ts'
import { runFlags } from '../../shared/run-flags.ts'
import { doing } from '../../shared/wrap-error.ts'
import { dryRun, submitAndWait } from '../../waiting/submit.ts'

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
    'no-template': bool(false, 'Take the file as it is, without filling in variables'),
    'template-vars': stringToString({}, 'A variable of the template: key=value', { shorthand: 'V' }),
    'template-envs': text('', 'Variables of the environment whose name matches this pattern are variables too', {
      shorthand: 'E',
    }),
    ...runFlags,
  },
  async run(input, cli) {
    const {
      args: [path],
      flags,
    } = input
    const source = await jobText(path, cli)
    const filled = flags['no-template']
      ? source
      : await fillTemplate(source, flags['template-vars'], flags['template-envs'], cli.env)
    const job = doing('the job provided is invalid', () => parseJob(filled))
    if (flags['dry-run']) return dryRun(job, cli)
    const showsWarnings = flags['show-warnings'] && !flags['hide-warnings']
    return submitAndWait(
      job,
      flags,
      { showsWarnings, failure: 'failed request', isLimitGiven: input.isGiven('wait-timeout-secs') },
      cli,
    )
  },
  exitCode: ({ exitCode }) => exitCode,
})
