import type { GetAnswer } from '#api/jobs.ts'
import { jobEndpoints } from '#api/jobs.ts'
import { defineCommand, exactly } from '../../command.ts'
import { describeText } from '../../describe-text.ts'
import { printDocument } from '../../print.ts'
import { printedGeneration, toldAudience } from '../../shared/generation.ts'
import { shapeFlags } from '../../shared/output-flags.ts'
import { versionFlags, versionQuery } from '../../shared/which-job.ts'
import { during } from '../../shared/wrap-error.ts'
import { showsDetails } from '../../views/history.ts'

export const command = defineCommand({
  use: '[id]',
  examples: [
    ['a job by its full id', 'job describe j-e3f8c209-d683-4a41-b840-f09b88d087b9'],
    ['by its short id', 'job describe j-e3f8c209'],
    ['as JSON', 'job describe --output json --pretty j-e3f8c209'],
  ],
  args: exactly(1),
  completes: 'job',
  flags: { ...versionFlags, ...shapeFlags },
  run: async ({ args: [id = ''], flags }, cli): Promise<GetAnswer> =>
    during(
      `could not get job ${id}`,
      (await cli.client()).jobs.get(id, {
        ...versionQuery(flags),
        include: 'executions,history',
        audience: toldAudience,
      }),
    ),
  show: async (answer, { args: [id], flags }, cli) => {
    if (flags.output !== '') {
      const json = jobEndpoints.get.answer.encode(answer, printedGeneration)
      return during(`failed to write job ${id}`, printDocument(cli.stdout, json, flags))
    }
    cli.stdout.write(describeText(answer, cli.clock.nowNs(), showsDetails(cli.env), cli.stdout.columns))
  },
})
