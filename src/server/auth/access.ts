import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { LoginSettings, ServerSettings } from '../settings.ts'
import { AskLogin } from './ask.ts'
import { ChallengeLogin } from './challenge.ts'
import { LoginLimit } from './login-limit.ts'
import type { LoginMethod, LoginPolicy } from './login-method.ts'
import { JwtCheck } from './oidc.ts'
import { type Access, type AccessParts, issuerOf } from './open-access.ts'
import { CompiledGate } from './policy/compiled-gate.ts'
import { CompiledLogin } from './policy/compiled-login.ts'
import { opaBuiltins } from './policy/opa-builtins.ts'
import { OpaModule } from './policy/opa-module.ts'
import { PolicyGate } from './policy/policy-gate.ts'
import { readAccess, readLogin } from './policy/read-policy.ts'
import { RulesPolicy } from './policy/rules-policy.ts'
import type { Gate } from './rights.ts'
import type { TokenIssuer } from './tokens.ts'
import { UserGate } from './user-gate.ts'
import { readUsers, type User } from './users.ts'

/** Throws a Fault for settings that make no sense. */
export function makeAccess({ settings, nodeId, clock, random }: AccessParts): Access {
  const { users = [], oauth2, accessPolicy, loginMethods = [] } = settings
  const tokens = issuerOf(settings, nodeId, clock)
  const limit = new LoginLimit(clock)
  const known = readUsers(users)
  if (known.length > 0 || oauth2) {
    if (accessPolicy) throw twoWays()
    return { tokens, gate: userGate(known, settings, limit, clock), methods: new Map() }
  }
  const secret = random.uuid() + random.uuid()
  const methods = loginMethods.map((method): [string, LoginMethod] => {
    const policy = policyOf(method, tokens, clock)
    const isAsk = method.type.toLowerCase() === 'ask'
    if (isAsk && policy.questions() === undefined) throw asksNothing(method.name)
    const login = isAsk ? new AskLogin(policy, limit) : new ChallengeLogin({ nodeId, policy, secret, clock })
    return [method.name.toLowerCase(), login]
  })
  return { tokens, gate: policyGate(settings, tokens, clock), methods: new Map(methods) }
}

const userGate = (users: readonly User[], { oauth2 }: ServerSettings, limit: LoginLimit, clock: Clock): Gate =>
  new UserGate(users, oauth2 && new JwtCheck(oauth2, clock), limit)

function policyGate({ accessPolicy }: ServerSettings, tokens: TokenIssuer, clock: Clock): Gate | undefined {
  const rules = accessPolicy ? readAccess(accessPolicy) : 'anyone'
  if (rules === 'anyone') return undefined
  if (typeof rules === 'string') return new PolicyGate(rules, tokens)
  return new CompiledGate(new OpaModule(rules, opaBuiltins(clock)), tokens)
}

function policyOf({ name, type, policy }: LoginSettings, tokens: TokenIssuer, clock: Clock): LoginPolicy {
  if (!['ask', 'challenge'].includes(type.toLowerCase())) {
    throw wrong(`the login method ${name} is of the unknown type "${type}"`, 'There are challenge and ask.')
  }
  if (!policy && type.toLowerCase() === 'ask')
    throw wrong(`the login method ${name} has no PolicyPath`, 'ask needs one.')
  const rules = readLogin(policy ?? { path: 'challenge_ns_anon', bytes: undefined })
  if (!('kind' in rules)) return new RulesPolicy(rules, tokens)
  return new CompiledLogin(new OpaModule(rules, opaBuiltins(clock)), tokens)
}

const wrong = (message: string, hint: string): Fault =>
  new Fault('ValidationError', `invalid config: ${message}`, { component: 'Config', hint })

const asksNothing = (name: string): Fault =>
  wrong(`the policy of the login method ${name} asks nothing`, 'A policy for keys of clients is of the type challenge.')

const twoWays = (): Fault =>
  wrong('API.Auth.AccessPolicyPath and API.Auth.Users or Oauth2 exclude each other', 'Users have capabilities instead.')
