import { agentEndpoints } from '#api/agent.ts'
import { authEndpoints } from '#api/auth.ts'
import { type LogFrame, uploadChunkRoute } from '#api/job-streams.ts'
import { jobEndpoints } from '#api/jobs.ts'
import { nodeEndpoints } from '#api/nodes.ts'
import { writeQuery } from '#api/query.ts'
import type { ArchiveBytes, ArchiveRest } from '#contracts/archive-bytes.ts'
import type { Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { keptResult } from './kept-result.ts'
import { type LogQuery, logStream } from './log-stream.ts'
import { type Methods, methodsOf } from './methods.ts'
import { pathWith } from './path.ts'
import { type CallOptions, type ClientOptions, Transport } from './transport.ts'

type Jobs = Methods<typeof jobEndpoints> & {
  /**
   * Output of a job until it ends, over a WebSocket; a frame with `error` is the last. Leaving the loop closes it.
   * Throws a Fault when the server refuses (Unauthorized, Forbidden) or the connection breaks off (ServiceUnavailable).
   */
  logs(id: string, query?: Readonly<LogQuery>, signal?: AbortSignal): AsyncGenerator<LogFrame>
  /**
   * What an execution published and its node or the orchestrator keeps, a gzip tar: its bytes come whole, or end by a Fault. With
   * `rest` only what is not here yet, as long as it is the same.
   */
  keptResult(id: string, executionId: string, signal: AbortSignal, rest?: ArchiveRest): Promise<ArchiveBytes>
  /**
   * Sends a chunk of what `beginUpload` began; resolves when it is on the server's disk. It is not sent again by itself: who sends
   * knows how much of it a line that breaks can take. With `offset` it is a piece of the chunk, and those before it have come.
   */
  uploadChunk(
    id: string,
    digest: string,
    bytes: Uint8Array,
    query?: { namespace?: string; offset?: number },
  ): Promise<void>
  /** The job once `isDone` says so (by default when it has ended). Asks once per change, never in a rhythm. */
  waitFor(id: string, isDone?: (job: Job) => boolean, options?: CallOptions): Promise<Job>
}

/** A line may need so much longer for a chunk than for an answer. */
const slowChunkMs = 60_000
/** Longest single question; the server answers at once when the job changes. */
const questionMs = 30_000

/**
 * The API of a server: a method for each row of its contract. Runs in Node and in browsers. Times are Unix nanoseconds
 * and, as all int64, bigints. Whatever goes wrong is a Fault with the server's code, status and hint. What may be
 * repeated without harm is tried again while the server is away for a moment.
 */
export class Client {
  /** The node that is talked to. */
  readonly agent: Methods<typeof agentEndpoints>
  /** The ways to log in; what they answer is for `token`. */
  readonly auth: Methods<typeof authEndpoints>
  /** The nodes of the cluster. */
  readonly nodes: Methods<typeof nodeEndpoints>
  readonly jobs: Jobs

  constructor(options: ClientOptions) {
    const transport = new Transport(options)
    this.agent = methodsOf(agentEndpoints, transport)
    this.auth = methodsOf(authEndpoints, transport)
    this.nodes = methodsOf(nodeEndpoints, transport)
    this.jobs = jobsOf(transport)
  }
}

function jobsOf(transport: Transport): Jobs {
  const jobs = methodsOf(jobEndpoints, transport)
  return {
    ...jobs,
    logs: (id, query, signal) => logStream(transport, id, query, signal),
    keptResult: (...asked) => keptResult(transport, ...asked),

    async uploadChunk(id, digest, body, query = {}) {
      const { method, path, query: schema } = uploadChunkRoute
      const address = pathWith(path, [id, digest]) + writeQuery(schema, query)
      await transport.text({ method, path: address, body, waitMs: slowChunkMs, isRepeatable: false })
    },

    async waitFor(id, isDone = ({ State }) => isTerminalJob(State.StateType), options = {}) {
      let { Job } = await jobs.get(id, {}, options)
      while (!isDone(Job)) ({ Job } = await jobs.get(Job.ID, { wait: questionMs, index: Job.Revision }, options))
      return Job
    },
  }
}
