import { goJson } from '#api/encode/go-json.ts'
import { defineCommand, noArgs } from '../../command.ts'
import { bool } from '../../flags.ts'
import { printDocument } from '../../print.ts'
import { yamlFlags } from '../../shared/output-flags.ts'
import { during } from '../../shared/wrap-error.ts'

export const command = defineCommand({
  use: '',
  long: 'Shows the settings the node runs with, whatever files and flags they came from. What is secret is masked.',
  args: noArgs,
  completes: 'nothing',
  flags: { ...yamlFlags, pretty: bool(true, 'Indent JSON for reading') },
  run: async (_, cli) => during('could not get server config', (await cli.client()).agent.config()),
  show: ({ config }, { flags }, cli) =>
    during('failed to write config', printDocument(cli.stdout, goJson(config), flags)),
})
