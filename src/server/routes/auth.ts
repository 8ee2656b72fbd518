import type { authEndpoints } from '#api/auth.ts'
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

/** The handshake. Exactly one method is offered: with several the clients ask their user, with none they stop. */
export const authHandlers = (login: ChallengeLogin): Handlers<typeof authEndpoints> => ({
  methods: async () => ({ NextToken: '', Methods: { [methodName]: await login.method() } }),

  method({ params, caller }) {
    if (params.name.toLowerCase() !== methodName) throw routeNotFound(caller.version)
    return login.method()
  },

  async authenticate({ params, body, caller }) {
    if (params.name.toLowerCase() !== methodName) throw routeNotFound(caller.version)
    const request = readBody(body, requestShape)
    if (request === undefined) throw new Fault('BadRequest', 'invalid authentication data: there is none')
    const { isAccepted, answer } = await login.authenticate(request.MethodData ?? '')
    return isAccepted ? answer : withStatus(401, answer)
  },
})
