import { defineCommand, noArgs } from '../../command.ts'
import { jobFileSchema } from '../../job-file/job-schema.ts'

export const command = defineCommand({
  use: '',
  long: 'Editors that know the schema complete the names of a job file, explain them and mark mistakes. In YAML name it in the first line:\n\n  # yaml-language-server: $schema=job.schema.json',
  examples: [['a schema for the editor', 'job schema > job.schema.json']],
  args: noArgs,
  flags: {},
  run: async () => jobFileSchema(),
  show: (schema, _, { stdout }) => stdout.write(`${JSON.stringify(schema, null, 2)}\n`),
})
