import { goJson } from '#api/encode/go-json.ts'
import { defineCommand, noArgs } from '../../command.ts'
import { printDocument } from '../../print.ts'
import { yamlFlags } from '../../shared/output-flags.ts'
import { during } from '../../shared/wrap-error.ts'

export const command = defineCommand({
  use: '',
  args: noArgs,
  completes: 'nothing',
  flags: yamlFlags,
  run: async (_, cli) => during('could not get server alive', (await cli.client()).agent.alive()),
  show: (answer, { flags }, cli) => during('failed to write alive', printDocument(cli.stdout, goJson(answer), flags)),
})
