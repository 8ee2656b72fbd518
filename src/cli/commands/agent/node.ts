import { encodeOwnNode } from '#api/encode/node.ts'
import { defineCommand, noArgs } from '../../command.ts'
import { printDocument } from '../../print.ts'
import { yamlFlags } from '../../shared/output-flags.ts'
import { during } from '../../shared/wrap-error.ts'

export const command = defineCommand({
  use: '',
  args: noArgs,
  completes: 'nothing',
  flags: yamlFlags,
  run: async (_, cli) => during('could not get server node', (await cli.client()).agent.node()),
  show: (node, { flags }, cli) => during('failed to write node', printDocument(cli.stdout, encodeOwnNode(node), flags)),
})
