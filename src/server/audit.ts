import type { FastifyRequest } from 'fastify'
import { pathOf } from './answer.ts'

export type Outcome = {
  status: number
  /** What was made, when the path does not name it. */
  made?: string
  /** Why nothing was done, when the status does not tell. */
  error?: string
}

/**
 * A line for each write: who, what, on what, with what result. Of an open server, which knows nobody, a submission is
 * left out: the job it made is its record. Never a body, never a header.
 */
export function audit(request: FastifyRequest, outcome: Outcome): void {
  const { server, method, caller, id, ip } = request
  const isTold = !server.isOpen || !isSubmission(request)
  if (!isTold) return
  const { clientId, isKnown } = caller
  const who = clientId === undefined ? (isKnown ? 'unnamed' : 'anonymous') : word(clientId)
  const what = `${method} ${pathOf(request)}`
  server.serverLog.info({ who, address: ip, what, ...outcome, requestId: id }, 'api.audit')
}

const isSubmission = ({ routeOptions: { url = '' } }: FastifyRequest): boolean =>
  url.endsWith('/orchestrator/jobs') || url.endsWith('/orchestrator/jobs/batch')

/** A name that somebody chose breaks no line. */
const word = (name: string): string => (/^[\w.@:|+-]+$/.test(name) ? name : JSON.stringify(name))

/** What an answer says of itself beyond its status. */
export const outcomeOf = (status: number, answer: unknown): Outcome => {
  const { JobID, Success, Error } = (answer ?? {}) as { JobID?: unknown; Success?: unknown; Error?: unknown }
  return {
    status,
    ...(typeof JobID === 'string' ? { made: JobID } : {}),
    ...(Success === false ? { error: String(Error) } : {}),
  }
}
