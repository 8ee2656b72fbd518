import { Fault, messageOf } from '#lib/fault.ts'
import { atLeast, defineCommand } from '../../command.ts'
import { jobText } from '../../job-file/job-text.ts'
import { parseJob } from '../../job-file/parse-job.ts'
import { allWarnings } from '../../job-file/warning.ts'
import { fitted, tell } from '../../tell.ts'

type Verdict = { readonly warnings: readonly string[] } | { readonly problem: string; readonly hint: string }

export const command = defineCommand({
  use: '[file]',
  examples: [['a job file', 'job validate ./job.yaml']],
  args: atLeast(1),
  flags: {},
  async run({ args: [path] }, cli): Promise<Verdict> {
    try {
      return { warnings: allWarnings(parseJob(await jobText(path, cli)).warnings) }
    } catch (error) {
      return { problem: messageOf(error), hint: error instanceof Fault ? (error.hint ?? '') : '' }
    }
  },
  show(verdict, _, { stdout, stderr }) {
    if ('warnings' in verdict) return tell(stdout, [...verdict.warnings, 'OK'].join('\n'))
    stdout.write('Error: the job provided is invalid\n')
    stdout.write('Job Specification: https://docs.bacalhau.org/setting-up/jobs/job\n\n')
    tell(stderr, verdict.problem)
    if (verdict.hint !== '') stderr.write(`Hint: ${fitted(verdict.hint, stderr, 6)}\n`)
  },
  exitCode: (verdict) => ('problem' in verdict ? 1 : 0),
})
