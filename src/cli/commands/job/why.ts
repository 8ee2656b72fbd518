import { goJson } from '#api/encode/go-json.ts'
import type { JobReasons } from '#models/forecast.ts'
import { coloursFor } from '../../colours.ts'
import { defineCommand, exactly } from '../../command.ts'
import { printDocument } from '../../print.ts'
import { ownShapeFlags } from '../../shared/output-flags.ts'
import { namespaceFlag, namespaceQuery } from '../../shared/which-job.ts'
import { during } from '../../shared/wrap-error.ts'
import { whyText } from '../../views/forecast.ts'

export const command = defineCommand({
  use: '[id]',
  long:
    'Says why a job waits, has failed or goes on: the cause first, then the attempts that failed, then the nodes that ' +
    'are left out now and what would let them in; and what happens next, and when.',
  examples: [
    ['a job that does not start', 'job why j-e3f8c209'],
    ['for programs', 'job why --output yaml j-e3f8c209'],
  ],
  args: exactly(1),
  completes: 'job',
  flags: { ...namespaceFlag, ...ownShapeFlags },
  run: async ({ args: [id = ''], flags }, cli): Promise<JobReasons> =>
    during(`could not get job ${id}`, (await cli.client()).jobs.why(id, namespaceQuery(flags))),
  show: (reasons, { flags }, { stdout, env }) =>
    flags.output === ''
      ? stdout.write(whyText(reasons, coloursFor(stdout, env), stdout))
      : printDocument(stdout, goJson(reasons), flags),
})
