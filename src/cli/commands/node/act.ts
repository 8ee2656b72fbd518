import type { NodeActionWord } from '#models/node.ts'
import { defineCommand, exactly } from '../../command.ts'
import { text } from '../../flags.ts'
import { during } from '../../shared/wrap-error.ts'

/** What an operator decides about a node. A refusal is an error: nothing was changed. */
export const nodeAction = (action: NodeActionWord, long: string) =>
  defineCommand({
    use: '[id]',
    long,
    examples: [['a node, with a word for the record', `node ${action} n-550ea9f2 --message "as agreed"`]],
    args: exactly(1),
    completes: 'node',
    flags: { message: text('', 'Why, for the record', { shorthand: 'm' }) },
    async run({ args: [id = ''], flags }, cli) {
      const request = (await cli.client()).nodes.act(id, { Action: action, Message: flags.message, NodeID: id })
      const { Success, Error: refusal } = await during(`could not ${action} node ${id}`, request)
      if (!Success) throw new Error(`Failed to ${action} node ${id}: ${refusal}`)
    },
    show: (_result, _input, cli) => cli.stdout.write('Ok\n'),
  })
