import { neededCapability } from '../capabilities.ts'
import type { Asked, Deed, Gate, Principal, Rights } from '../rights.ts'
import type { Known, TokenIssuer } from '../tokens.ts'
import { permission } from './login-rules.ts'
import { accessDenied, invalidToken } from './refusals.ts'

type Namespaces = Readonly<Record<string, number>>

/** Whether some namespace, or the one that is named, has all these permissions. */
const hasAll = (namespaces: Namespaces, wanted: number, namespace?: string): boolean =>
  namespace === undefined
    ? Object.values(namespaces).some((bits) => (bits & wanted) === wanted)
    : (((namespaces['*'] ?? 0) | own(namespaces, namespace)) & wanted) === wanted

const own = (namespaces: Namespaces, namespace: string): number =>
  Object.hasOwn(namespaces, namespace) ? (namespaces[namespace] ?? 0) : 0

/** What a deed needs in the namespace of the job; 0 = nothing: jobs may be looked at by anybody who knows their id. */
const needs: Record<Deed, number> = {
  list: permission.read,
  look: 0,
  output: permission.read | permission.download,
  submit: permission.write,
  stop: permission.cancel,
}

/** Routes that give out what jobs wrote. */
const isOutput = /\/(?:logs|results(?:\/:execution)?)$/

/** Access by a token of ours: the namespaces it names, or just that it is one. */
export class PolicyGate implements Gate {
  readonly readsBody = false
  readonly #rules: 'namespaces' | 'token'
  readonly #tokens: TokenIssuer

  constructor(rules: 'namespaces' | 'token', tokens: TokenIssuer) {
    this.#rules = rules
    this.#tokens = tokens
  }

  admit({ method, route, headers }: Asked): Principal {
    const { authorization } = headers
    const known = this.#tokens.knownBy(authorization as string | undefined)
    const needed = neededCapability(method, route)
    if (needed !== undefined && !this.#isAllowed(needed, method, route, known)) {
      throw authorization === undefined || known ? accessDenied() : invalidToken()
    }
    const namespaces = known?.namespaces ?? {}
    const isKnown = known !== undefined
    return { isKnown, name: known?.clientId, rights: this.#rules === 'token' ? undefined : rightsOf(namespaces) }
  }

  #isAllowed(needed: string, method: string, route: string | undefined, known: Known | undefined): boolean {
    if (this.#rules === 'token') return known !== undefined
    const namespaces = known?.namespaces ?? {}
    if (route?.endsWith('/orchestrator/jobs') && method === 'GET') return hasAll(namespaces, permission.read)
    if (method === 'GET') return !isOutput.test(route ?? '') || hasAll(namespaces, needs.output)
    if (needed !== 'write:job') return hasAll(namespaces, permission.write, '*')
    return hasAll(namespaces, method === 'DELETE' ? permission.cancel : permission.write)
  }
}

const rightsOf = (namespaces: Namespaces): Rights => ({
  may: (deed, namespace) => hasAll(namespaces, needs[deed], namespace),
  denied: accessDenied,
})
