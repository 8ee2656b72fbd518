import { Fault, messageOf } from '#lib/fault.ts'
import { readYaml } from '#lib/yaml/read-yaml.ts'
import { list, struct, text } from '#models/shape.schema.ts'
import { fullAccess, type LoginRules, permission, readOnly } from './login-rules.ts'

const user = struct('config', 'LoginUser', { Name: text, Hash: text, Salt: text })
const grant = struct('config', 'LoginGrant', { Namespace: text, Permissions: list(text, '') })
const file = struct('config', 'LoginPolicy', {
  Secret: text,
  Users: list(user, {}),
  Clients: list(text, ''),
  Namespaces: list(grant, {}),
})

/** A login policy of our own form, in YAML: a secret, users or clients, and what their tokens permit. */
export function readLoginFile(source: string, path: string): LoginRules {
  try {
    const { Secret, Users, Clients, Namespaces } = file.decode(readYaml(source).value)
    const given = [
      Secret ? ({ kind: 'secret', secret: Secret } as const) : [],
      Users ? ({ kind: 'users', users: usersIn(Users) } as const) : [],
      Clients ? ({ kind: 'clients', ids: Clients } as const) : [],
    ].flat()
    const [who, ...others] = given
    if (!who || others.length > 0) throw new Error('it has one of Secret, Users and Clients')
    return { who, ...grantsIn(Namespaces, who.kind) }
  } catch (error) {
    throw new Fault('ValidationError', `cannot use the login policy ${path}: ${messageOf(error)}`, {
      component: 'Config',
      cause: error,
    })
  }
}

const usersIn = (users: readonly ReturnType<typeof user.decode>[]): Record<string, [string, string]> =>
  Object.fromEntries(
    users.map(({ Name = '', Hash = '', Salt = '' }) => {
      if (!Name || !Hash || !Salt) throw new Error('a user has a Name, a Hash and a Salt')
      return [Name, [Hash, Salt]]
    }),
  )

/** Without a word: everything for who knows the secret, else reading for all and everything in one's own namespace. */
function grantsIn(
  grants: readonly ReturnType<typeof grant.decode>[] | undefined,
  kind: LoginRules['who']['kind'],
): Pick<LoginRules, 'namespaces' | 'own'> {
  if (grants === undefined) {
    return kind === 'secret'
      ? { namespaces: { '*': fullAccess }, own: 0 }
      : { namespaces: { '*': readOnly }, own: fullAccess }
  }
  const entries = grants.map(({ Namespace = '', Permissions = [] }) => [Namespace, bitsOf(Permissions)] as const)
  return { namespaces: Object.fromEntries(entries), own: kind === 'secret' ? 0 : fullAccess }
}

const bitsOf = (words: readonly string[]): number =>
  words.reduce((bits, word) => {
    if (!Object.hasOwn(permission, word)) {
      throw new Error(`"${word}" is no permission: there are ${Object.keys(permission).join(', ')}`)
    }
    return bits | permission[word as keyof typeof permission]
  }, 0)
