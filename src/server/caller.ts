import type { ClientVersion } from '#api/client-version.ts'
import type { Rights } from './auth/rights.ts'
import type { ServerLog } from './log.ts'

/** What the server knows about who sent a request. */
export type Caller = {
  version: ClientVersion
  /** As it came in, '' = none. */
  requestId: string
  /** Who it is: set when a token of ours was shown, or a login of another kind. */
  clientId: string | undefined
  /** Whether a login was shown, be it one without a name. */
  isKnown: boolean
  /** What it may do with jobs; undefined = everything. */
  rights: Rights | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
  interface FastifyInstance {
    serverLog: ServerLog
    /** Everybody is let in. */
    isOpen: boolean
    /** Names and values, for every answer. */
    answerHeaders: readonly string[]
    /** Whose pages may read an answer, as the header says it: `*`, the origin itself, or nobody's. */
    allowedOrigin: (origin: string) => string | undefined
  }
}
