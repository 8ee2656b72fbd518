import { defineCommand, exactly } from '../../command.ts'
import { bool, text } from '../../flags.ts'
import { idArgument } from '../../shared/id-argument.ts'
import { followLogs } from '../../waiting/follow-logs.ts'

export const command = defineCommand({
  use: '[id]',
  examples: [
    ['the output of a job', 'job logs j-e3f8c209'],
    ['and what comes, until it ends', 'job logs -f j-e3f8c209'],
  ],
  args: exactly(1),
  completes: 'job',
  flags: {
    'execution-id': text('', 'Only this execution', { shorthand: 'e' }),
    follow: bool(false, 'Go on until the job ends', { shorthand: 'f' }),
    tail: bool(false, 'Only what is printed from now on', { shorthand: 't' }),
  },
  run: async ({ args, flags }, cli) =>
    followLogs(
      await idArgument(args, cli),
      { executionId: flags['execution-id'], follow: flags.follow, tail: flags.tail },
      cli,
    ),
})
