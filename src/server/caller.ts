import type { ClientVersion } from '#api/client-version.ts'
import type { ServerLog } from './log.ts'

/** What the server knows about who sent a request. */
export type Caller = {
  version: ClientVersion
  /** As it came in, '' = none. */
  requestId: string
  /** Set when a token of ours was shown. */
  clientId: string | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
  interface FastifyInstance {
    serverLog: ServerLog
    /** Names and values, for every answer. */
    answerHeaders: readonly string[]
  }
}
