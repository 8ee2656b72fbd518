import { dirname, isAbsolute, join } from 'node:path'
import type { Cli } from '../command.ts'
import { bool, type FlagValues, stringToString, text } from '../flags.ts'
import { doing } from '../shared/wrap-error.ts'
import { withUploadPaths } from '../uploads/upload-paths.ts'
import { jobText } from './job-text.ts'
import { parseJob } from './parse-job.ts'
import { fillTemplate } from './template-job.ts'

/** How a job file that is a template is filled in. */
export const templateFlags = {
  'no-template': bool(false, 'Take the file as it is, without filling in variables'),
  'template-vars': stringToString({}, 'A variable of the template: key=value', { shorthand: 'V' }),
  'template-envs': text('', 'Variables of the environment whose name matches this pattern are variables too', {
    shorthand: 'E',
  }),
}

/** The job of a file, or of standard input without one, with its variables filled in. */
export async function givenJob(path: string | undefined, flags: FlagValues<typeof templateFlags>, cli: Cli) {
  const source = await jobText(path, cli)
  const filled = flags['no-template']
    ? source
    : await fillTemplate(source, flags['template-vars'], flags['template-envs'], cli.env)
  const job = doing('the job provided is invalid', () => parseJob(filled, { mayLackPublisher: true }))
  const folder = path === undefined ? '.' : dirname(path)
  return {
    ...job,
    spec: withUploadPaths(job.spec, (each) => cli.resolve(isAbsolute(each) ? each : join(folder, each))),
  }
}
