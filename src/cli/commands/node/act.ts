import type { NodeActionWord } from '#models/node.ts'
import { type Cli, defineCommand, exactly } from '../../command.ts'
import { text } from '../../flags.ts'
import { during } from '../../shared/wrap-error.ts'

export const messageFlag = { message: text('', 'Why, for the record', { shorthand: 'm' }) }

/** What an operator decides about a node. `deadline`: of a drain, in seconds. */
type Decision = { action: NodeActionWord; message: string; deadline?: number }

/** A refusal is an error: nothing was changed. */
export async function actOn(id: string, { action, message, deadline }: Decision, cli: Cli): Promise<void> {
  const order = { Action: action, Message: message, NodeID: id, ...(deadline ? { Deadline: deadline } : {}) }
  const request = (await cli.client()).nodes.act(id, order)
  const { Success, Error: refusal } = await during(`could not ${action} node ${id}`, request)
  if (!Success) throw new Error(`Failed to ${action} node ${id}: ${refusal}`)
}

/** A command that does nothing else. */
export const nodeAction = (action: Exclude<NodeActionWord, 'drain'>, long: string) =>
  defineCommand({
    use: '[id]',
    long,
    examples: [['a node, with a word for the record', `node ${action} n-550ea9f2 --message "as agreed"`]],
    args: exactly(1),
    completes: 'node',
    flags: messageFlag,
    run: ({ args: [id = ''], flags }, cli) => actOn(id, { action, message: flags.message }, cli),
    show: (_result, _input, cli) => cli.stdout.write('Ok\n'),
  })
