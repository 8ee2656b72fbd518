import type { Clock, Random } from '#lib/clock.ts'
import type { ServerSettings } from '../settings.ts'
import { ChallengeLogin } from './challenge.ts'
import type { LoginMethod } from './login-method.ts'
import type { LoginRules } from './policy/login-rules.ts'
import { RulesPolicy } from './policy/rules-policy.ts'
import type { Gate } from './rights.ts'
import { TokenIssuer } from './tokens.ts'

/** Who is let in, and how one logs in. */
export type Access = {
  tokens: TokenIssuer
  /** Absent = everybody is let in. */
  gate: Gate | undefined
  /** By name in lower case, as it stands on the wire. */
  methods: ReadonlyMap<string, LoginMethod>
}
export type AccessParts = { settings: ServerSettings; nodeId: string; clock: Clock; random: Random }

/** Any client that has a key gets a token that names it. */
const anyone: LoginRules = { who: { kind: 'anyone' }, namespaces: { '*': 5 }, own: 15 }

/** A server that lets everybody in: nothing of what keeps people out is even loaded. */
export function openAccess({ settings, nodeId, clock, random }: AccessParts): Access {
  const tokens = issuerOf(settings, nodeId, clock)
  const policy = new RulesPolicy(anyone, tokens)
  const secret = random.uuid() + random.uuid()
  const names = (settings.loginMethods ?? [{ name: 'clientkey' }]).map(({ name }) => name.toLowerCase())
  const login = new ChallengeLogin({ nodeId, policy, secret, clock })
  return { tokens, gate: undefined, methods: new Map(names.map((name) => [name, login])) }
}

export const issuerOf = ({ tokenKey }: ServerSettings, nodeId: string, clock: Clock): TokenIssuer =>
  new TokenIssuer(nodeId, tokenKey ?? { pem: undefined, keep: async () => {} }, clock)

/** Whether nothing is configured but logins by a key that everybody may have. */
export const isOpen = ({ users, oauth2, accessPolicy, loginMethods = [] }: ServerSettings): boolean =>
  !(Array.isArray(users) && users.length > 0) &&
  oauth2 === undefined &&
  accessPolicy === undefined &&
  loginMethods.every(({ type, policy }) => type.toLowerCase() === 'challenge' && policy === undefined)
