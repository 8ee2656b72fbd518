import { Fault } from '#lib/fault.ts'

/** In the words of release 1.4, blank at the end and all. */
export const accessDenied = (): Fault =>
  new Fault('Forbidden', 'Access denied. ', {
    component: 'Authorizer',
    hint: 'The token permits less than this; `bacalhau auth info` shows how to log in.',
  })

export const invalidToken = (): Fault =>
  new Fault('Unauthorized', 'Invalid token. ', { component: 'Authorizer', hint: 'Log in again.' })
