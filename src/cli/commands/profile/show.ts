import { type Cli, defineCommand } from '../../command.ts'
import { bool } from '../../flags.ts'
import type { Profile } from '../../profiles/profile.ts'
import { during } from '../../shared/wrap-error.ts'

type Shown = { readonly name: string; readonly isCurrent: boolean; readonly profile: Profile }

/** Of requests, when a profile says nothing. */
const usualTimeout = '30s'

export const command = defineCommand({
  use: '[name]',
  long: 'Shows a profile, the current one when none is named. Of its token only the ends are shown.',
  args: { max: 1 },
  completes: 'profile',
  flags: { 'show-token': bool(false, 'Show the whole token') },
  run: async ({ args }, cli): Promise<Shown> => {
    const { Profiles } = await import('../../profiles/profiles.ts')
    const profiles = new Profiles(await cli.dataDir(), cli)
    const current = await profiles.current()
    const name = args[0] ?? current
    if (name === undefined) throw new Error('no current profile set')
    const profile = await during('failed to load profile', profiles.load(name))
    return { name, isCurrent: name === current, profile }
  },
  show: (shown, { flags }, cli) => write(shown, flags['show-token'], cli),
})

function write({ name, isCurrent, profile }: Shown, isTokenShown: boolean, { stdout }: Cli): void {
  const { endpoint, token, isInsecure, timeout, description } = profile
  const lines = [
    ['Name', `${name}${isCurrent ? ' (current)' : ''}`],
    ['Endpoint', endpoint],
    ['Auth', token === '' ? 'none' : isTokenShown ? token : masked(token)],
    ['TLS', isInsecure ? 'insecure' : 'secure'],
    ['Timeout', timeout || usualTimeout],
    ...(description === '' ? [] : [['Description', description]]),
  ]
  stdout.write(lines.map(([title, value]) => `${`${title}:`.padEnd(13)}${value}\n`).join(''))
}

const masked = (token: string): string => (token.length <= 8 ? '****' : `${token.slice(0, 4)}****${token.slice(-4)}`)
