import { defineCommand, exactly } from '../../command.ts'
import { bool, text } from '../../flags.ts'
import type { Profile } from '../../profiles/profile.ts'
import { during } from '../../shared/wrap-error.ts'

export const command = defineCommand({
  use: '<name>',
  long: 'Makes a profile, or changes what the flags say of one. A profile is a server under a name.',
  examples: [
    ['a server in the office, used from now on', 'profile save office --endpoint http://10.0.0.5:1234 --select'],
    ['patience with it', 'profile save office --timeout 2m'],
  ],
  args: exactly(1),
  flags: {
    endpoint: text('', 'Address of the server: a URL, or host:port'),
    description: text('', 'What the profile is for'),
    timeout: text('', 'Longest time to wait for an answer, for example 30s'),
    insecure: bool(false, 'Accept any certificate of this server'),
    select: bool(false, 'Use the profile from now on'),
  },
  run: async ({ flags, args: [name = ''], isGiven }, cli): Promise<{ name: string; isSelected: boolean }> => {
    const { Profiles } = await import('../../profiles/profiles.ts')
    const profiles = new Profiles(await cli.dataDir(), cli)
    const change: Partial<Profile> = {
      ...(isGiven('endpoint') && { endpoint: flags.endpoint }),
      ...(isGiven('description') && { description: flags.description }),
      ...(isGiven('timeout') && { timeout: flags.timeout }),
      ...(isGiven('insecure') && { isInsecure: flags.insecure }),
    }
    const isNew = !(await profiles.has(name))
    if (isNew && !change.endpoint) throw new Error('endpoint is required when creating a new profile')
    await during('failed to save profile', profiles.save(name, change))
    if (flags.select) await profiles.select(name)
    return { name, isSelected: flags.select }
  },
  show: ({ name, isSelected }, _, cli) => {
    cli.stdout.write(`Profile "${name}" saved\n`)
    if (isSelected) cli.stdout.write(`Switched to profile "${name}"\n`)
  },
})
