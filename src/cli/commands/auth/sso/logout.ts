import { apiUrl } from '../../../api-client.ts'
import { defineCommand, noArgs } from '../../../command.ts'
import { bool } from '../../../flags.ts'
import { tokenFile } from '../../../login/credentials.ts'

export const command = defineCommand({
  use: '',
  args: noArgs,
  flags: { force: bool(false, 'Do not ask', { shorthand: 'f' }) },
  async run({ flags }, cli) {
    const { API, DataDir } = (await cli.load('client')).settings
    const url = apiUrl(API)
    if (!flags.force) {
      cli.stdout.write(`Are you sure you want to logout from ${url}? (y/N): `)
      const answer = (await cli.stdin.readLine())?.trim().toLowerCase()
      if (answer !== 'y') return 'Logout cancelled'
    }
    await tokenFile(DataDir, cli).put(url, undefined)
    return `\nSuccessfully logged out from ${url}`
  },
  show: (text, _, { stdout }) => stdout.write(`${text}\n`),
})
