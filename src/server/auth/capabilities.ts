import { apiPrefix } from '#api/endpoint.ts'
import { Fault } from '#lib/fault.ts'

/** One grant: what may be done, and with which namespaces' jobs (absent = all). */
export type Grant = { actions: readonly string[]; namespaces: readonly string[] | undefined }

const verbs = ['read', 'write']
const things = ['job', 'node', 'agent']

/** `read:job`, `write:*`, `*`. */
export const isAction = (text: string): boolean =>
  text === '*' || verbs.some((verb) => [...things, '*'].some((thing) => text === `${verb}:${thing}`))

export const actionWords = ['*', ...verbs.flatMap((verb) => [...things, '*'].map((thing) => `${verb}:${thing}`))]

export const covers = (action: string, wanted: string): boolean =>
  action === '*' || action === wanted || action === `${wanted.split(':')[0]}:*`

const openPaths = ['/auth', '/version', '/agent/alive', '/agent/version', '/agent/authconfig']
const areas: readonly [path: string, thing: string][] = [
  ['/agent', 'agent'],
  ['/openapi.json', 'agent'],
  ['/orchestrator/jobs', 'job'],
  ['/orchestrator/nodes', 'node'],
]

/** What is asked with a body and changes nothing. */
const isQuestion = (route: string | undefined): boolean => route === `${apiPrefix}/orchestrator/jobs/plan`

/**
 * The capability a request needs; undefined = none. What no area knows needs the strongest. Paths are compared by whole
 * segments, and it is the pattern of the route that is compared: no spelling of a path leads around it.
 */
export function neededCapability(method: string, route: string | undefined): string | undefined {
  const isBelow = (path: string): boolean =>
    route !== undefined && (route === apiPrefix + path || route.startsWith(`${apiPrefix + path}/`))
  if (openPaths.some(isBelow)) return undefined
  const thing = areas.find(([path]) => isBelow(path))?.[1]
  return thing === undefined ? 'write:node' : `${method === 'GET' || isQuestion(route) ? 'read' : 'write'}:${thing}`
}

export const unauthorized = (reason: string): Fault =>
  new Fault('Unauthorized', 'Request Unauthorized', {
    component: 'Authorizer',
    hint: 'Unauthorized principal. Event has been recorded.',
    details: { reason },
  })

export const lacking = (who: string, capability: string): Fault =>
  new Fault('Forbidden', 'Request Forbidden', {
    component: 'Authorizer',
    hint: 'Check if user have access to this resource. Event has been recorded.',
    details: { reason: `user '${who}' does not have the required capability '${capability}'` },
  })
