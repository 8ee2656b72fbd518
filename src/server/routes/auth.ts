import type { AuthMethod, authEndpoints } from '#api/auth.ts'
import { Fault } from '#lib/fault.ts'
import { struct, text } from '#models/shape.schema.ts'
import type { LoginMethod } from '../auth/login-method.ts'
import type { Access } from '../auth/open-access.ts'
import type { Caller } from '../caller.ts'
import type { Handlers } from '../handler.ts'
import { readBody } from '../read-body.ts'
import { routeNotFound } from '../route-faults.ts'
import { withStatus } from '../with-status.ts'

const requestShape = struct('apimodels', 'AuthnRequest', { Name: text, MethodData: text })

/**
 * The handshake. By default one method is offered: with several the clients ask their user, with none they stop, and say
 * that another kind of login is wanted.
 */
export const authHandlers = (methods: Access['methods']): Handlers<typeof authEndpoints> => {
  /** Configuration keys of the reference are lower case on the wire; names are taken in any case. */
  const named = ({ params, caller }: { params: { name: string }; caller: Caller }): LoginMethod => {
    const method = methods.get(params.name.toLowerCase())
    if (!method) throw routeNotFound(caller.version)
    return method
  }
  return {
    async methods() {
      const Methods: Record<string, AuthMethod> = {}
      for (const name of [...methods.keys()].sort()) Methods[name] = (await methods.get(name)?.describe()) as AuthMethod
      return { NextToken: '', Methods }
    },

    method: (call) => named(call).describe(),

    async authenticate(call) {
      const method = named(call)
      const request = readBody(call.body, requestShape)
      if (request === undefined) throw new Fault('BadRequest', 'invalid authentication data: there is none')
      const { isAccepted, answer } = await method.authenticate(request.MethodData ?? '', call.address)
      return isAccepted ? answer : withStatus(401, answer)
    },
  }
}
