import { isSameSecret } from '../passwords.ts'
import { hashed } from './scrypt.ts'

/** What a token permits in a namespace. */
export const permission = { read: 1, write: 2, download: 4, cancel: 8 } as const
export const readOnly = permission.read | permission.download
export const fullAccess = readOnly | permission.write | permission.cancel

/** Who may log in by a method, and what the token permits then. */
export type LoginRules = {
  readonly who:
    | { readonly kind: 'anyone' }
    | { readonly kind: 'clients'; readonly ids: readonly string[] }
    | { readonly kind: 'secret'; readonly secret: string }
    /** Scrypt hash and salt, base64. */
    | { readonly kind: 'users'; readonly users: Readonly<Record<string, readonly [hash: string, salt: string]>> }
  /** Permissions by namespace; `*` = all. */
  readonly namespaces: Readonly<Record<string, number>>
  /** Permissions in the namespace that is named like who logs in. */
  readonly own: number
}

export type Claims = { sub?: string; ns: Record<string, number> }

const text = { type: 'string' }
const hidden = { type: 'string', writeOnly: true }
const schemaOf = (properties: object) => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties,
  required: Object.keys(properties),
})

/** What a client has to ask its user; undefined = nothing, its key is enough. */
export function questionsOf({ who }: LoginRules): Record<string, unknown> | undefined {
  if (who.kind === 'secret') return schemaOf({ token: hidden })
  return who.kind === 'users' ? schemaOf({ username: text, password: hidden }) : undefined
}

/** Claims of a client that has shown its key; undefined = it is not welcome. */
export const claimsOfClient = (rules: LoginRules, clientId: string): Claims | undefined =>
  rules.who.kind === 'anyone' || (rules.who.kind === 'clients' && rules.who.ids.includes(clientId))
    ? claims(rules, clientId)
    : undefined

/** Claims of who has given these answers; undefined = they are wrong. */
export async function claimsOfAnswers(
  rules: LoginRules,
  answers: Readonly<Record<string, string>>,
): Promise<Claims | undefined> {
  const { who } = rules
  if (who.kind === 'secret') return isSameSecret(who.secret, answers['token'] ?? '') ? claims(rules) : undefined
  if (who.kind !== 'users') return undefined
  const { username = '', password = '' } = answers
  const known = Object.hasOwn(who.users, username) ? who.users[username] : undefined
  // Who is not known takes as long.
  const [hash, salt] = known ?? ['', 'bm9ib2R5']
  const isRight = isSameSecret(hash, await hashed(password, salt))
  return known && isRight ? claims(rules, username) : undefined
}

const claims = ({ namespaces, own }: LoginRules, sub?: string): Claims => ({
  ...(sub === undefined ? {} : { sub }),
  ns: { ...namespaces, ...(sub === undefined || own === 0 ? {} : { [sub]: own }) },
})
