import { hash } from 'node:crypto'
import { Fault } from '#lib/fault.ts'
import { fullAccess, type LoginRules, permission, readOnly } from './login-rules.ts'
import { emptied } from './rego-text.ts'

/** Who is let in by a policy of access: everybody; who has a token; or by the namespaces that a token names. */
export type AccessRules = 'anyone' | 'token' | 'namespaces'
export type Shipped =
  | { readonly for: 'access'; readonly rules: AccessRules }
  | { readonly for: 'login'; readonly rules: LoginRules }

type Filled = ReturnType<typeof emptied>['filled']
type Known = { readonly name: string; readonly digest: string; make(filled: Filled): Shipped }

const access = (rules: AccessRules) => (): Shipped => ({ for: 'access', rules })
const login =
  (who: (filled: Filled) => LoginRules['who']) =>
  (filled: Filled): Shipped => ({ for: 'login', rules: { who: who(filled), ...grantsIn(filled.namespaces) } })

/**
 * The policies that releases 1.4 to 1.9 bring with them, by the SHA-256 of their text without layout and without what
 * users fill in. What they decide is decided here in our own words.
 */
const shipped: readonly Known[] = [
  {
    name: 'policy_test_allow',
    digest: 'b3ac0d009fd866f9b719a79ab371dcf54d1c56295e62df7be5a2e42c38cd3e4f',
    make: access('anyone'),
  },
  {
    name: 'policy_ns_anon',
    digest: 'f608e3986c2c977d293ab01b1ec8eba54c33e564f77b95728710edda4ec9eaf7',
    make: access('namespaces'),
  },
  {
    name: 'authz_policy',
    digest: 'a2cea2fd046c2fdaf39825193faf1fe3f029c442c50dfd924cad19286216251f',
    make: access('token'),
  },
  {
    name: 'challenge_ns_anon',
    digest: '8274b4d20e12f8ec0b032a62911ed04c21b96f8b36e7ab34104884d4d2e95d3c',
    make: login(() => ({ kind: 'anyone' })),
  },
  {
    name: 'challenge_ns_no_anon',
    digest: 'ad089820994c52c07410a80065d9e18d074e5c4bf8df8f56a5af2c59a3bba768',
    make: login(({ clients = '[]' }) => ({ kind: 'clients', ids: JSON.parse(clients) })),
  },
  {
    name: 'ask_ns_secret',
    digest: '426e6018af530d4fcbc9aa3b48595f3ecfd418fc82fe91d5c3100fbfda591aee',
    make: login(({ secret = '""' }) => ({ kind: 'secret', secret: JSON.parse(secret) })),
  },
  {
    name: 'ask_ns_password',
    digest: '522367f99a9be8ec82b92014d1333c0cae5db45cddcd0157d1d3d552221f7b8f',
    make: login(({ users = '{}' }) => ({ kind: 'users', users: JSON.parse(users) })),
  },
]

const words: Readonly<Record<string, number>> = {
  read_only: readOnly,
  full_access: fullAccess,
  namespace_read: permission.read,
  namespace_write: permission.write,
  namespace_download: permission.download,
  namespace_cancel: permission.cancel,
}

/** `{"*":read_only,valid_user:full_access}`; a policy by its name alone grants what the shipped ones do. */
function grantsIn(text = '{"*":read_only,input.clientId:full_access}'): Pick<LoginRules, 'namespaces' | 'own'> {
  const entries = [...text.matchAll(/(?:"([^"]*)"|valid_user|input\.clientId):(\w+)/g)].map(
    ([, namespace, value = '']) =>
      [namespace, Object.hasOwn(words, value) ? (words[value] as number) : Number(value)] as const,
  )
  const strange = entries.find(([, value]) => !Number.isInteger(value))
  if (strange) throw new Fault('ValidationError', `a policy grants what nobody knows: ${text}`, { component: 'Config' })
  const named = entries.filter(([namespace]) => namespace !== undefined)
  return {
    namespaces: Object.fromEntries(named),
    own: entries.find(([namespace]) => namespace === undefined)?.[1] ?? 0,
  }
}

/** A policy by its text. */
export function shippedByText(source: string): Shipped | undefined {
  const { rest, filled } = emptied(source)
  const digest = hash('sha256', rest)
  return shipped.find((each) => each.digest === digest)?.make(filled)
}

/** A policy by its name, with or without ending; only those that nobody has to fill in. */
export const shippedByName = (name: string): Shipped | undefined =>
  shipped.find((each) => each.name === name.replace(/\.rego$/, '') && !each.name.startsWith('ask_'))?.make({})
