import { goList } from '#api/encode/go-json.ts'
import { encodeHistory } from '#api/encode/history.ts'
import { defineCommand, exactly } from '../../command.ts'
import { text } from '../../flags.ts'
import { printListing } from '../../listing.ts'
import { printedGeneration, toldAudience } from '../../shared/generation.ts'
import { listQuery } from '../../shared/list-query.ts'
import { listFlags, tableFlags } from '../../shared/output-flags.ts'
import { versionQuery, versionsFlags } from '../../shared/which-job.ts'
import { historyColumns, showsDetails, versionedHistoryColumns } from '../../views/history.ts'

export const command = defineCommand({
  use: '[id]',
  examples: [
    ['what happened to a job', 'job history j-e3f8c209'],
    ['to its executions only', 'job history --event-type execution j-e3f8c209'],
    ['as YAML', 'job history --output yaml j-e3f8c209'],
  ],
  args: exactly(1),
  completes: 'job',
  flags: {
    'event-type': text('all', 'Level of events: all, job or execution'),
    'execution-id': text('', 'Only this execution'),
    'node-id': text('', 'Only this node'),
    ...versionsFlags,
    ...listFlags(0),
    ...tableFlags,
  },
  run: async ({ args: [id = ''], flags, isGiven }, cli) =>
    (await cli.client()).jobs.history(id, {
      ...listQuery(flags),
      ...versionQuery(flags),
      audience: showsVersions(isGiven) ? 'since-1.5' : toldAudience,
      event_type: flags['event-type'],
      execution_id: flags['execution-id'],
      node_id: flags['node-id'],
    }),
  show: ({ Items }, { flags, isGiven }, cli) =>
    printListing(cli, flags, {
      items: Items,
      columns: (showsVersions(isGiven) ? versionedHistoryColumns : historyColumns)(showsDetails(cli.env)),
      json: () => goList(Items.map((line) => encodeHistory(line, printedGeneration))),
    }),
})

const showsVersions = (isGiven: (name: 'version' | 'all-versions') => boolean): boolean =>
  isGiven('version') || isGiven('all-versions')
