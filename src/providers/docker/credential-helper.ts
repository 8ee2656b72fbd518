import { execFile } from 'node:child_process'
import type { RegistryLogin } from './registry-logins.ts'
import { secretJson } from './secret-json.ts'

const limits = { timeout: 10_000, maxBuffer: 64 * 1024 }
/** What every such program says when it knows nothing of a server. */
const unknownServer = 'credentials not found'
/** Its name for "the secret is a token and nobody's password". */
const tokenUser = '<token>'

/**
 * Asks the program `docker-credential-<helper>` for a login, as Docker's client does: the server on its standard input, the login
 * as JSON on its output. `undefined` when it has none; rejects when it cannot be asked.
 */
export async function askHelper(helper: string, server: string): Promise<RegistryLogin | undefined> {
  if (!/^[\w.-]+$/.test(helper)) throw new Error(`${JSON.stringify(helper)} is not the name of a credential helper`)
  const said = await answerOf(`docker-credential-${helper}`, server)
  if (said === undefined) return undefined
  const { Username, Secret } = secretJson<{ Username?: string; Secret?: string }>(said, `what ${helper} says`)
  if (!Username || !Secret) return undefined
  return Username === tokenUser ? { identitytoken: Secret } : { username: Username, password: Secret }
}

function answerOf(program: string, server: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, ['get'], limits, (error, stdout, stderr) => {
      if (!error) resolve(stdout)
      else if (stdout.includes(unknownServer)) resolve(undefined)
      else reject(new Error(`${program}: ${(stdout || stderr).trim() || error.message}`))
    })
    // A program that fails at once need not read the question.
    child.stdin?.on('error', () => {}).end(server)
  })
}
