import { type Cli, defineCommand, exactly } from '../../command.ts'
import { bool } from '../../flags.ts'

export const command = defineCommand({
  use: '<name>',
  args: exactly(1),
  completes: 'profile',
  flags: { force: bool(false, 'Do not ask', { shorthand: 'f' }) },
  run: async ({ flags, args: [name = ''] }, cli): Promise<boolean> => {
    const { Profiles } = await import('../../profiles/profiles.ts')
    const profiles = new Profiles(await cli.dataDir(), cli)
    const isCurrent = (await profiles.current()) === name && (await profiles.has(name))
    if (isCurrent && !flags.force && !(await isSure(name, cli))) return false
    await profiles.remove(name)
    return true
  },
  show: (isDeleted, { args: [name] }, cli) =>
    cli.stdout.write(isDeleted ? `Profile "${name}" deleted\n` : 'Deletion cancelled\n'),
})

async function isSure(name: string, { stdout, stdin }: Cli): Promise<boolean> {
  stdout.write(`Profile "${name}" is the current profile. Delete anyway? [y/N]: `)
  return /^y(es)?$/i.test(((await stdin.readLine()) ?? '').trim())
}
