import { encodeExecution } from '#api/encode/execution.ts'
import { goList } from '#api/encode/go-json.ts'
import { defineCommand, exactly } from '../../command.ts'
import { printListing } from '../../listing.ts'
import { printedGeneration } from '../../shared/generation.ts'
import { listQuery } from '../../shared/list-query.ts'
import { listFlags, tableFlags } from '../../shared/output-flags.ts'
import { versionQuery, versionsFlags } from '../../shared/which-job.ts'
import { executionColumns } from '../../views/executions.ts'

export const command = defineCommand({
  use: '[id]',
  examples: [
    ['the executions of a job', 'job executions j-e3f8c209'],
    ['sorted by state', 'job executions --order-by state j-e3f8c209'],
    ['as YAML', 'job executions --output yaml j-e3f8c209'],
  ],
  args: exactly(1),
  completes: 'job',
  flags: {
    ...versionsFlags,
    ...listFlags(20, ['modify_time', 'create_time', 'modified_at', 'created_at', 'id', 'state']),
    ...tableFlags,
  },
  run: async ({ args: [id = ''], flags }, cli) =>
    (await cli.client()).jobs.executions(id, { order_by: 'modify_time', ...listQuery(flags), ...versionQuery(flags) }),
  show: ({ Items }, { flags, isGiven }, cli) =>
    printListing(cli, flags, {
      items: Items,
      columns: executionColumns(isGiven('version') || isGiven('all-versions')),
      json: () => goList(Items.map((execution) => encodeExecution(execution, printedGeneration))),
    }),
})
