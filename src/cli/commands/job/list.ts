import { goList } from '#api/encode/go-json.ts'
import { encodeJob } from '#api/encode/job.ts'
import { defineCommand, noArgs } from '../../command.ts'
import { text } from '../../flags.ts'
import { printListing } from '../../listing.ts'
import { printedGeneration } from '../../shared/generation.ts'
import { selectorQuery } from '../../shared/labels.ts'
import { listQuery } from '../../shared/list-query.ts'
import { listFlags, tableFlags } from '../../shared/output-flags.ts'
import { during } from '../../shared/wrap-error.ts'
import { jobColumns } from '../../views/jobs.ts'

export const command = defineCommand({
  use: '',
  examples: [
    ['the first jobs', 'job list'],
    ['two of them', 'job list --limit 2'],
    ['the newest first', 'job list --order-by created_at --order-reversed'],
    ['by their labels', 'job list --labels "region in (us-east-1, us-east-2), env = prod"'],
    ['as JSON for reading', 'job list --limit 3 --output json --pretty'],
  ],
  args: noArgs,
  completes: 'nothing',
  flags: {
    labels: text('bacalhau_canary != true', 'Only jobs whose labels match this selector'),
    ...listFlags(10, ['id', 'created_at']),
    ...tableFlags,
  },
  run: async ({ flags }, cli) => {
    const query = { ...listQuery(flags), labels: selectorQuery(flags.labels) }
    return during('failed request', (await cli.client()).jobs.list(query))
  },
  show: ({ Items, NextToken }, { flags }, cli) =>
    printListing(cli, flags, {
      items: Items,
      columns: jobColumns,
      json: () => goList(Items.map((job) => encodeJob(job, printedGeneration))),
      nextToken: NextToken,
    }),
})
