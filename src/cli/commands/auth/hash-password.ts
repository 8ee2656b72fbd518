import { Fault } from '#lib/fault.ts'
import { defineCommand, noArgs } from '../../command.ts'

const cost = 10
const mostCharacters = 100
/** What lies behind it would not count. */
const mostBytes = 72

export const command = defineCommand({
  use: '',
  long: 'Reads a password, without showing it, or the first line of the input, and prints its bcrypt hash.',
  examples: [['a hash for API.Auth.Users', 'auth hash-password']],
  args: noArgs,
  flags: {},
  async run(_, { stdin, stdout }) {
    const line = await stdin.readLine(() => {
      if (stdin.isTerminal) stdout.write('Enter password: ')
    })
    if (stdin.isTerminal) stdout.write('\n')
    const password = checked(stdin.isTerminal ? line : line?.trim())
    const { genSaltSync, hashSync } = await import('bcryptjs')
    // The same algorithm under the name that servers of this field write.
    return hashSync(password, genSaltSync(cost).replace('$2b$', '$2a$'))
  },
  show: (hash, _, { stdout }) => stdout.write(`${hash}\n`),
})

function checked(password: string | undefined): string {
  if (!password) throw new Fault('BadRequest', 'password cannot be empty')
  if (password.length > mostCharacters) {
    throw new Fault('BadRequest', `password exceeds maximum length of ${mostCharacters} characters`)
  }
  if (Buffer.byteLength(password) > mostBytes) {
    throw new Fault('BadRequest', `password exceeds maximum length of ${mostBytes} bytes`)
  }
  return password
}
