import { encodeNodeState } from '#api/encode/node.ts'
import { defineCommand, exactly } from '../../command.ts'
import { printDocument } from '../../print.ts'
import { yamlFlags } from '../../shared/output-flags.ts'
import { during } from '../../shared/wrap-error.ts'

export const command = defineCommand({
  use: '[id]',
  args: exactly(1),
  completes: 'node',
  flags: yamlFlags,
  run: async ({ args: [id = ''] }, cli) => during(`could not get node ${id}`, (await cli.client()).nodes.get(id)),
  show: ({ Node }, { args: [id], flags }, cli) =>
    during(`failed to write node ${id}`, printDocument(cli.stdout, encodeNodeState(Node), flags)),
})
