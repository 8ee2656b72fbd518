import { goList } from '#api/encode/go-json.ts'
import { encodeJob } from '#api/encode/job.ts'
import { defineCommand, exactly } from '../../command.ts'
import { printListing } from '../../listing.ts'
import { printedGeneration } from '../../shared/generation.ts'
import { tableFlags } from '../../shared/output-flags.ts'
import { namespaceFlag, namespaceQuery } from '../../shared/which-job.ts'
import { versionColumns } from '../../views/jobs.ts'

export const command = defineCommand({
  use: '[id or name]',
  examples: [
    ['the versions of a job', 'job versions word-count'],
    ['with what each of them was, as YAML', 'job versions --output yaml j-e3f8c209'],
  ],
  args: exactly(1),
  completes: 'job',
  flags: { ...namespaceFlag, ...tableFlags },
  run: async ({ args: [id = ''], flags }, cli) => (await cli.client()).jobs.versions(id, namespaceQuery(flags)),
  show: ({ Items }, { flags }, cli) =>
    printListing(cli, flags, {
      items: Items,
      columns: versionColumns,
      json: () => goList(Items.map((job) => encodeJob(job, printedGeneration))),
    }),
})
