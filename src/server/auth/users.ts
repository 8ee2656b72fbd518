import { Fault, messageOf } from '#lib/fault.ts'
import { list, struct, text } from '#models/shape.schema.ts'
import { actionWords, type Grant, isAction } from './capabilities.ts'
import { isBcrypt } from './passwords.ts'

/** A user of the configuration. Either `password` or `apiKey`. */
export type User = {
  name: string
  login: { username: string; password: string } | undefined
  apiKey: string | undefined
  grants: readonly Grant[]
}

const capability = struct('types', 'Capability', { Actions: list(text, ''), Namespaces: list(text, '') })
const entry = struct('types', 'AuthUser', {
  Alias: text,
  Username: text,
  Password: text,
  APIKey: text,
  Capabilities: list(capability, {}),
})
type Entry = ReturnType<typeof entry.decode>

/** Reads and checks all users. Throws a Fault ValidationError for the first that is wrong; no secret is in its text. */
export function readUsers(configured: unknown): User[] {
  const entries = decoded(configured)
  const users = entries.map(readUser)
  refuseTwins(entries, users)
  return users
}

function decoded(configured: unknown): Entry[] {
  try {
    return list(entry, {}).decode(configured)
  } catch (error) {
    throw wrong(`API.Auth.Users: ${messageOf(error)}`)
  }
}

function readUser({ Alias = '', Username = '', Password = '', APIKey = '', Capabilities = [] }: Entry): User {
  const name = Alias || Username || `API key ending in ...${APIKey.slice(-5)}`
  const hasLogin = Username !== '' || Password !== ''
  if (hasLogin && APIKey !== '') {
    throw wrong(`user '${name}' has both username/password and API key, must have only one authentication method`)
  }
  if (!(Username && Password) && APIKey === '') {
    throw wrong(`user '${name}' has neither username/password nor API key, must have one authentication method`)
  }
  if (hasLogin) checkLogin(name, Username, Password)
  else checkLength(`API key for user '${name}'`, APIKey, 20, 255)
  if (Capabilities.length === 0) {
    throw wrong(`user '${name}' has no capabilities defined, must have at least one capability`)
  }
  const login = hasLogin ? { username: Username, password: Password } : undefined
  return { name, login, apiKey: APIKey || undefined, grants: Capabilities.map((each) => readGrant(name, each)) }
}

function checkLogin(name: string, username: string, password: string): void {
  if (username.length > 100) throw wrong(`username for user '${name}' exceeds maximum length of 100 characters`)
  if (!/^[a-zA-Z0-9]+$/.test(username)) {
    throw wrong(`username for user '${name}' must contain only alphanumeric characters (a-z, A-Z, 0-9)`)
  }
  checkLength(`password for user '${name}'`, password, 10, 255)
  if (/^\$2[abxy]?\$/.test(password) && !isBcrypt(password)) {
    throw wrong(`password for user '${name}' looks like a bcrypt hash and is none`)
  }
}

function checkLength(what: string, value: string, least: number, most: number): void {
  if (value.length < least) throw wrong(`${what} is too short, minimum length is ${least} characters`)
  if (value.length > most) throw wrong(`${what} exceeds maximum length of ${most} characters`)
}

function readGrant(name: string, { Actions = [], Namespaces }: ReturnType<typeof capability.decode>): Grant {
  const strange = Actions.find((action) => !isAction(action))
  if (strange !== undefined) {
    throw wrong(`user '${name}' has the unknown capability '${strange}'`, `Known are ${actionWords.join(', ')}.`)
  }
  return { actions: Actions, namespaces: Namespaces?.includes('*') ? undefined : Namespaces }
}

/** Names without case, keys to the letter. */
function refuseTwins(entries: readonly Entry[], users: readonly User[]): void {
  const first = (
    find: (entry: Entry) => string | undefined,
    tell: (one: string, other: string, at: number) => string,
  ) => {
    const seen = new Map<string, string>()
    entries.forEach((each, at) => {
      const value = find(each)
      if (!value) return
      const before = seen.get(value.toLowerCase())
      if (before !== undefined) throw wrong(tell(before, value, at))
      seen.set(value.toLowerCase(), value)
    })
  }
  first(
    ({ Alias }) => Alias,
    (one, other) => `duplicate alias detected: '${one}' and '${other}' (aliases are case-insensitive)`,
  )
  first(
    ({ Username }) => Username,
    (one, other) => `duplicate username detected: '${one}' and '${other}' (usernames are case-insensitive)`,
  )
  const keys = new Set<string>()
  for (const { name, apiKey } of users) {
    if (apiKey !== undefined && keys.has(apiKey)) throw wrong(`duplicate API key detected for user '${name}'`)
    if (apiKey !== undefined) keys.add(apiKey)
  }
}

const wrong = (message: string, hint?: string): Fault =>
  new Fault('ValidationError', message, { component: 'Config', ...(hint === undefined ? {} : { hint }) })
