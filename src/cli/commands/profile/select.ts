import { defineCommand, exactly } from '../../command.ts'
import { during } from '../../shared/wrap-error.ts'

export const command = defineCommand({
  use: '<name>',
  long: 'Uses a profile from now on, wherever no address of a server is given.',
  args: exactly(1),
  completes: 'profile',
  flags: {},
  run: async ({ args: [name = ''] }, cli) => {
    const { Profiles } = await import('../../profiles/profiles.ts')
    await during('failed to select profile', new Profiles(await cli.dataDir(), cli).select(name))
    return name
  },
  show: (name, _, cli) => cli.stdout.write(`Switched to profile "${name}"\n`),
})
