import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { goString } from '#api/encode/go-json.ts'
import { apiPrefix } from '#api/endpoint.ts'
import { logsRoute } from '#api/jobs.ts'
import { type QueryOf, readQuery } from '#api/query.ts'
import type { JobsApi } from '#contracts/control-plane.ts'
import type { Clock } from '#lib/clock.ts'
import { messageOf } from '#lib/fault.ts'
import { isDiscardedExecution, isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import { queryOf } from '../register.ts'
import { upgradeRequired } from '../route-faults.ts'
import { sendFault } from '../send-fault.ts'
import { chunkFrames, lineFrames } from './log-frames.ts'

type Query = QueryOf<(typeof logsRoute)['query']>

/** Bytes that may wait for a slow reader before we wait for it. */
const highWaterBytes = 256 * 1024
const pingMs = 30_000
/** A client that does not answer our Close frame is cut off after this. */
const closeGraceMs = 1_000
const leaveGraceMs = 30

const normalClosure = 1000
const goingAway = 1001

/** Output of jobs as a stream of frames; `stopping` ends all of them. */
export function registerLogs(app: FastifyInstance, jobs: JobsApi, clock: Clock, stopping: AbortSignal): void {
  app.route({
    method: 'GET',
    url: apiPrefix + logsRoute.path,
    handler: (request, reply) => sendFault(request, reply, upgradeRequired()),
    wsHandler: async (socket, request) => {
      const gone = new AbortController()
      const heart = keepAlive(socket, clock)
      const leave = () => closeSocket(socket, clock, goingAway)
      stopping.addEventListener('abort', leave)
      socket.once('close', () => {
        heart.stop()
        stopping.removeEventListener('abort', leave)
        gone.abort(new Error('the caller has gone'))
      })
      const signal = AbortSignal.any([gone.signal, stopping])
      try {
        for await (const frame of framesFor(jobs, request, signal)) await send(socket, frame)
      } catch (error) {
        if (!signal.aborted) await send(socket, errorFrame(messageOf(error)))
      }
      closeSocket(socket, clock, stopping.aborted ? goingAway : normalClosure)
    },
  })
}

async function* framesFor(jobs: JobsApi, request: FastifyRequest, signal: AbortSignal): AsyncGenerator<string> {
  const query: Query = readQuery(logsRoute.query, queryOf(request.raw.url ?? ''))
  const { id: given } = request.params as { id: string }
  try {
    const id = await jobs.resolve(given, query.namespace)
    const { execution_id, follow = false, tail = false } = query
    const isOver = await hasEnded(jobs, id, execution_id)
    const chunks = jobs.logs(
      id,
      {
        isFollowing: follow,
        isTail: tail && !isOver,
        ...(execution_id ? { executionId: execution_id as ExecutionId } : {}),
      },
      signal,
    )
    yield* isOver ? lineFrames(chunks) : chunkFrames(chunks)
  } catch (error) {
    throw new Error(`failed to open log stream for job ${given}: ${messageOf(error)}`, { cause: error })
  }
}

/** Whether the output that will be read is complete: it is then sent line by line, as clients know it. */
async function hasEnded(jobs: JobsApi, id: JobId, executionId: string | undefined): Promise<boolean> {
  const executions = await jobs.executions(id)
  const newest = (list: typeof executions) =>
    list.reduce((a, b) => (b.ModifyTime > a.ModifyTime ? b : a), list[0] as never)
  const kept = executions.filter(({ ComputeState }) => !isDiscardedExecution(ComputeState.StateType))
  const chosen = executionId
    ? executions.find(({ ID }) => ID === executionId)
    : newest(kept.length > 0 ? kept : executions)
  return chosen !== undefined && isTerminalExecution(chosen.ComputeState.StateType)
}

const errorFrame = (message: string): string => `{"error":${goString(message)},"value":{"Type":0,"Line":""}}\n`

/** Waits for the reader only when it lags; a reader that went away is noticed by its close. */
function send(socket: WebSocket, frame: string): Promise<void> | undefined {
  if (socket.readyState !== socket.OPEN) return undefined
  if (socket.bufferedAmount < highWaterBytes) {
    socket.send(frame)
    return undefined
  }
  return new Promise((resolve) => socket.send(frame, () => resolve()))
}

/** Says that it is over, and does not wait long for the other side to say so too. */
function closeSocket(socket: WebSocket, clock: Clock, code: number): void {
  if (socket.readyState === socket.CLOSED) return
  socket.close(code)
  const cut = clock.after(code === normalClosure ? closeGraceMs : leaveGraceMs, () => socket.terminate())
  socket.once('close', () => cut.stop())
}

/** Notices a peer that vanished without a word: a ping without an answer until the next one. */
function keepAlive(socket: WebSocket, clock: Clock): { stop(): void } {
  let isAlive = true
  socket.on('pong', () => {
    isAlive = true
  })
  let timer = clock.after(pingMs, beat)
  function beat(): void {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
    timer = clock.after(pingMs, beat)
  }
  return { stop: () => timer.stop() }
}
