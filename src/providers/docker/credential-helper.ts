import { execFile } from 'node:child_process'
import type { RegistryLogin } from './registry-logins.ts'
import { secretJson } from './secret-json.ts'

const answerLimitMs = 10_000
const mostBytes = 64 * 1024
const mostComplaint = 1_000
/** What every such program says when it knows nothing of a server. */
const unknownServer = 'credentials not found'
/** Its name for "the secret is a token and nobody's password". */
const tokenUser = '<token>'

/**
 * Asks the program `docker-credential-<helper>` for a login, as Docker's client does: the server on its standard input, the login
 * as JSON on its output. `undefined` when it has none; rejects when it cannot be asked.
 */
export async function askHelper(
  helper: string,
  server: string,
  limitMs = answerLimitMs,
): Promise<RegistryLogin | undefined> {
  if (!/^[\w.-]+$/.test(helper)) throw new Error(`${JSON.stringify(helper)} is not the name of a credential helper`)
  const said = await answerOf(`docker-credential-${helper}`, server, limitMs)
  if (said === undefined) return undefined
  const { Username, Secret } = secretJson<{ Username?: string; Secret?: string }>(said, `what ${helper} says`)
  if (!Username || !Secret) return undefined
  return Username === tokenUser ? { identitytoken: Secret } : { username: Username, password: Secret }
}

function answerOf(program: string, server: string, limitMs: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: mostBytes } as const
    const child = execFile(program, ['get'], limits, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      if (stdout.includes(unknownServer)) return resolve(undefined)
      const { code, signal, message } = error
      const isLate = signal === 'SIGKILL' && code === null
      const end = typeof code === 'number' ? `exit code ${code}` : message
      reject(new Error(`${program}: ${isLate ? `no answer within ${limitMs} ms` : complaintOf(stdout, stderr) || end}`))
    })
    // A program that fails at once need not read the question.
    child.stdin?.on('error', () => {}).end(server)
  })
}

/** It goes to the owner of a job: a program may have told a login before it failed. */
const complaintOf = (stdout: string, stderr: string): string =>
  ((!stdout.includes('{') && stdout) || stderr).trim().slice(0, mostComplaint)
