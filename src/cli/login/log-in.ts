import type { AuthMethod } from '#api/auth.ts'
import { Client } from '#client/client.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { httpFetch } from '#platform/http-fetch.ts'
import { type Host, Signalled } from '../host.ts'
import { tell } from '../tell.ts'
import { answerQuestions } from './ask.ts'
import { answerChallenge } from './challenge.ts'
import type { TokenPlace } from './token-file.ts'

type Parts = { url: string; dataDir: string; host: Host; tokens: TokenPlace }
type Named = { name: string; method: AuthMethod }

const newKind =
  'the orchestrator supports the new authentication method. Please login using username/password, API key, or thorugh SSO'
const known = ['challenge', 'ask']

/** Logs in by the handshake and keeps the token; undefined when the user gave up. */
export async function logIn(parts: Parts, refusal: Fault): Promise<string | undefined> {
  try {
    const token = await handshake(parts, refusal)
    await parts.tokens.put(token)
    return token
  } catch (error) {
    await parts.tokens.put(undefined)
    if (error instanceof Signalled || error === refusal) throw error
    throw new Fault('Unauthorized', `failed to authorize user: ${messageOf(error)}`, {
      cause: error,
      component: 'Client',
      ...(error instanceof Fault && error.hint ? { hint: error.hint } : {}),
    })
  }
}

/** Again and again while the user answers. */
async function handshake({ url, dataDir, host }: Parts, refusal: Fault): Promise<string | undefined> {
  const { auth } = new Client({ url, ...(url.startsWith('http:') && { fetch: httpFetch }) })
  const { Methods } = await auth.methods().catch((error: unknown) => {
    // A server without a handshake has said all it has to say.
    throw error instanceof Fault && error.status === 404 ? refusal : error
  })
  const offered = Object.entries(Methods).map(([name, method]) => ({ name, method }))
  if (offered.length === 0) throw new Fault('Unauthorized', newKind, { hint: reasonOf(refusal) })
  const usable = offered.filter(({ method }) => known.includes(method.type))
  if (usable.length === 0) throw nothingInCommon(offered)
  for (;;) {
    const chosen = await choose(usable, host)
    if (chosen === undefined) return undefined
    const { type, params } = chosen.method
    const data = type === 'ask' ? await answerQuestions(params, host) : await answerChallenge(params, dataDir, host)
    const { success, reason, token } = await auth
      .authenticate(chosen.name, {
        Name: chosen.name,
        MethodData: Buffer.from(JSON.stringify(data)).toString('base64'),
      })
      .then(({ Authentication }) => Authentication, refusedLogin)
    if (reason) tell(host.stderr, reason)
    if (success && token) return token
    if (type === 'challenge') throw new Error('the server does not take this key')
  }
}

const reasonOf = ({ details, message }: Fault): string =>
  `The server says: ${details?.['reason'] ?? message}. \`bacalhau auth info\` shows what it was given.`

const nothingInCommon = (offered: readonly Named[]): Fault => {
  const types = [...new Set(offered.map(({ method }) => method.type))].sort()
  const message = `no common authentication method: client supports [${known.join(' ')}], server supports [${types.join(' ')}]`
  return new Fault('Unauthorized', message)
}

/** A refused login is told in the body of a 401. */
function refusedLogin(error: unknown): { success: boolean; reason?: string; token?: string } {
  if (error instanceof Fault && error.status === 401) return { success: false, reason: error.message }
  throw error
}

async function choose(usable: readonly Named[], host: Host): Promise<Named | undefined> {
  if (usable.length === 1) return usable[0]
  host.stderr.write(
    `How would you like to authenticate?\n${usable.map(({ name }, at) => `${at + 1}. ${name}\n`).join('')}`,
  )
  for (;;) {
    host.stderr.write('Choose a number: ')
    const line = (await host.stdin.readLine())?.trim()
    if (!line) return undefined
    const chosen = /^\d+$/.test(line) ? usable[Number(line) - 1] : undefined
    if (chosen) return chosen
    tell(host.stderr, `invalid choice: ${line}`)
  }
}
