import type { AuthMethod, authEndpoints } from '#api/auth.ts'
import { Fault } from '#lib/fault.ts'
import { struct, text } from '#models/shape.schema.ts'
import type { ChallengeLogin } from '../auth/challenge.ts'
import type { Handlers } from '../handler.ts'
import { readBody } from '../read-body.ts'
import { routeNotFound } from '../route-faults.ts'
import { withStatus } from '../with-status.ts'

/** Configuration keys of the reference are lower case on the wire; names are taken in any case. */
const methodName = 'clientkey'
const requestShape = struct('apimodels', 'AuthnRequest', { Name: text, MethodData: text })

/**
 * The handshake. Exactly one method is offered: with several the clients ask their user, with none they stop, and say that
 * another kind of login is wanted.
 */
export const authHandlers = (login: ChallengeLogin | undefined): Handlers<typeof authEndpoints> => ({
  async methods() {
    const Methods: Record<string, AuthMethod> = login ? { [methodName]: await login.method() } : {}
    return { NextToken: '', Methods }
  },

  method({ params, caller }) {
    if (!login || params.name.toLowerCase() !== methodName) throw routeNotFound(caller.version)
    return login.method()
  },

  async authenticate({ params, body, caller }) {
    if (!login || params.name.toLowerCase() !== methodName) throw routeNotFound(caller.version)
    const request = readBody(body, requestShape)
    if (request === undefined) throw new Fault('BadRequest', 'invalid authentication data: there is none')
    const { isAccepted, answer } = await login.authenticate(request.MethodData ?? '')
    return isAccepted ? answer : withStatus(401, answer)
  },
})
