import { defineCommand, noArgs } from '../../../command.ts'
import { bool } from '../../../flags.ts'

export const command = defineCommand({
  use: '',
  args: noArgs,
  flags: { force: bool(false, 'Do not ask', { shorthand: 'f' }) },
  async run({ flags }, cli) {
    const { url, tokens } = await cli.target()
    if (!flags.force) {
      cli.stdout.write(`Are you sure you want to logout from ${url}? (y/N): `)
      const answer = (await cli.stdin.readLine())?.trim().toLowerCase()
      if (answer !== 'y') return 'Logout cancelled'
    }
    await tokens.put(undefined)
    return `\nSuccessfully logged out from ${url}`
  },
  show: (text, _, { stdout }) => stdout.write(`${text}\n`),
})
