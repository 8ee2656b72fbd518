import { agentEndpoints } from '#api/agent.ts'
import { authEndpoints } from '#api/auth.ts'
import { jobEndpoints, type LogFrame } from '#api/jobs.ts'
import { nodeEndpoints } from '#api/nodes.ts'
import type { QueryOf } from '#api/query.ts'
import type { Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { keptResult } from './kept-result.ts'
import { type LogQuery, logStream } from './log-stream.ts'
import { type Methods, methodsOf } from './methods.ts'
import { type CallOptions, type ClientOptions, Transport } from './transport.ts'

type ListQuery = Readonly<QueryOf<(typeof jobEndpoints)['list']['query']>>

/**
 * The API of a server, typed from its contract. Runs in Node and in browsers. Times and other int64 are bigints; whatever
 * goes wrong is a Fault with the server's code and hint.
 */
export type Client = {
  readonly agent: Methods<typeof agentEndpoints>
  readonly auth: Methods<typeof authEndpoints>
  readonly nodes: Methods<typeof nodeEndpoints>
  readonly jobs: Methods<typeof jobEndpoints> & {
    /** All jobs that match, page by page as they are taken. */
    each(query?: ListQuery, options?: CallOptions): AsyncGenerator<Job>
    /** Output of a job until it ends; a frame with `error` is the last. */
    logs(id: string, query?: Readonly<LogQuery>, signal?: AbortSignal): AsyncGenerator<LogFrame>
    /** What an execution published and its node keeps: a gzip tar, whole, or a Fault at its end. */
    keptResult(id: string, executionId: string, signal: AbortSignal): AsyncGenerator<Uint8Array>
    /** The job once `isDone` says so (by default when it has ended). Asks once per change, never in a rhythm. */
    waitFor(id: string, isDone?: (job: Job) => boolean, options?: CallOptions): Promise<Job>
  }
}

/** Longest single question; the server answers at once when the job changes. */
const questionMs = 30_000

export function createClient(options: ClientOptions): Client {
  const transport = new Transport(options)
  const jobs = methodsOf(jobEndpoints, transport)
  return {
    agent: methodsOf(agentEndpoints, transport),
    auth: methodsOf(authEndpoints, transport),
    nodes: methodsOf(nodeEndpoints, transport),
    jobs: {
      ...jobs,
      logs: (id, query, signal) => logStream(transport, id, query, signal),

      keptResult: (...asked) => keptResult(transport, ...asked),

      async *each(query = {}, options = {}) {
        for (let next_token = query.next_token; ; ) {
          const page = await jobs.list({ ...query, next_token }, options)
          yield* page.Items
          if (page.NextToken === '') return
          next_token = page.NextToken
        }
      },

      async waitFor(id, isDone = ({ State }) => isTerminalJob(State.StateType), options = {}) {
        let { Job } = await jobs.get(id, {}, options)
        while (!isDone(Job)) ({ Job } = await jobs.get(Job.ID, { wait: questionMs, index: Job.Revision }, options))
        return Job
      },
    },
  }
}
