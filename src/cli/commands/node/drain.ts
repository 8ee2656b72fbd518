import { defineCommand, exactly } from '../../command.ts'
import { bool, duration } from '../../flags.ts'
import { tell } from '../../tell.ts'
import { waitForDrain } from '../../waiting/wait-for-drain.ts'
import { actOn, messageFlag } from './act.ts'

const secondNs = 1_000_000_000n

/** Gives a node no new work and empties it; waits for that when asked to. */
export const command = defineCommand({
  use: '[id]',
  long:
    'Gives a node no new work and empties it: batch and service executions go to other nodes as there is room, a service only when its ' +
    'replacement runs; daemons leave; ops jobs, and what must not start twice, go on to their end. `node list` shows when it is drained.\n\n' +
    'At the deadline all that is left is stopped: batch and service executions wait for a place elsewhere, ops jobs and what must not start ' +
    'twice fail. Another drain gives the node another deadline, or none.',
  examples: [
    ['a node, with a word for the record', 'node drain n-550ea9f2 --message "as agreed"'],
    ['a node, and wait until it is empty, in ten minutes at the latest', 'node drain n-550ea9f2 --deadline 10m --wait'],
  ],
  args: exactly(1),
  completes: 'node',
  flags: {
    ...messageFlag,
    deadline: duration(0n, 'Stop after so long what is left there, in whole seconds; 0 = never'),
    wait: bool(false, 'Return when nothing is left there; interrupted, the drain goes on'),
  },
  async run({ args: [id = ''], flags }, cli) {
    if (flags.deadline < 0n || flags.deadline % secondNs !== 0n)
      throw new Error('--deadline must be a number of whole seconds, such as 90s or 10m')
    await actOn(id, { action: 'drain', message: flags.message, deadline: Number(flags.deadline / secondNs) }, cli)
    return !flags.wait || waitForDrain(id, cli)
  },
  show(isDone, { args: [id = ''] }, cli) {
    if (isDone) return cli.stdout.write('Ok\n')
    const { program } = cli
    tell(
      cli.stderr,
      `The drain goes on. \`${program} node describe ${id}\` shows what is left, \`${program} node uncordon ${id}\` ends it.`,
    )
  },
  exitCode: (isDone) => (isDone ? 0 : 1),
})
