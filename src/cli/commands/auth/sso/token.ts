import { Fault } from '#lib/fault.ts'
import { defineCommand, noArgs } from '../../../command.ts'
import { bool } from '../../../flags.ts'

export const command = defineCommand({
  use: '',
  args: noArgs,
  flags: { decode: bool(false, 'Show what the token says instead of the token', { shorthand: 'd' }) },
  async run({ flags }, cli) {
    const token = await (await cli.target()).tokens.get()
    if (token === undefined) return 'No authentication token found'
    return flags.decode ? decoded(token) : token
  },
  show: (text, _, { stdout }) => stdout.write(`${text}\n`),
})

function decoded(token: string): string {
  const [header, claims] = token.split('.').slice(0, 2).map(readable)
  if (header === undefined || claims === undefined)
    throw new Fault('BadRequest', 'failed to parse token: it has no parts')
  return `Header:\n${header}\n\nClaims:\n${claims}`
}

function readable(part: string): string {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')), null, 2)
  } catch {
    throw new Fault('BadRequest', 'failed to parse token: a part is no JSON')
  }
}
