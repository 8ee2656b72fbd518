import { StringDecoder } from 'node:string_decoder'
import { parseWire, type Wire } from '#api/decode/wire-json.ts'
import { goJson } from '#api/encode/go-json.ts'
import type { Bus, Subscription } from '#contracts/bus.ts'
import type { LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { executionIdOf, flagOf, listOf, reasonOf, recordOf, textOf } from './checked.ts'

const askEveryMs = 10_000
const askLimitMs = 5_000
/** A reader gives no credit, so it is asked whether it still reads before more than this is under way to it. */
const unaskedLimitBytes = 4 * 1024 * 1024
const pieceBytes = 128 * 1024
const streamLimit = 256
const closeCodes = { good: 1000, badRequest: 4000, failed: 5000 }

type Request = { subject: string; to: string; streamId: string; beats: string; query: LogQuery }

/** Gives a Go orchestrator the output of this node's executions, in the form that its log streams have. */
export function serveGoLogs(bus: Bus, clock: Clock, nodeId: string, end: ComputeEnd): Subscription {
  const open = new Set<AbortController>()
  const subscription = bus.subscribe(`node.compute.${nodeId}.ExecutionLogs/v1`, ({ subject, payload, reply }) => {
    if (reply === undefined) return
    const gone = new AbortController()
    const serve = async (): Promise<void> => {
      if (open.size > streamLimit) throw new Fault('ResourceExhausted', 'too many log streams')
      const stream = new GoLogStream(bus, clock, readRequest(subject, reply, payload), gone)
      await stream.send(end)
    }
    open.add(gone)
    serve()
      .catch((error: unknown) => bus.publish(reply, closing(error)))
      .finally(() => open.delete(gone))
  })
  return {
    stop: () => {
      subscription.stop()
      for (const gone of open) gone.abort()
    },
  }
}

function readRequest(subject: string, to: string, payload: Uint8Array): Request {
  const { streamId, heartBeatRequestSub, body } = object(Buffer.from(payload).toString('utf8'))
  const { ExecutionID, Tail, Follow } = object(Buffer.from(textOf(body, 'body'), 'base64').toString('utf8'))
  return {
    subject,
    to,
    streamId: textOf(streamId, 'streamId'),
    beats: textOf(heartBeatRequestSub, 'heartBeatRequestSub'),
    query: {
      executionId: executionIdOf(ExecutionID, 'ExecutionID'),
      isFollowing: flagOf(Follow, 'Follow'),
      isTail: flagOf(Tail, 'Tail'),
    },
  }
}

function object(text: string): Wire {
  try {
    return recordOf(parseWire(text), 'the request')
  } catch (error) {
    throw new Fault('BadRequest', reasonOf(error))
  }
}

/** One stream to one reader, until the output ends or the reader reads no more. */
class GoLogStream {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #request: Request
  readonly #gone: AbortController
  /** Output may cut a character in two, texts may not. */
  readonly #decoders = { 1: new StringDecoder('utf8'), 2: new StringDecoder('utf8') }
  #unaskedBytes = 0

  constructor(bus: Bus, clock: Clock, request: Request, gone: AbortController) {
    this.#bus = bus
    this.#clock = clock
    this.#request = request
    this.#gone = gone
  }

  async send(end: ComputeEnd): Promise<void> {
    const { signal } = this.#gone
    const isOver = new AbortController()
    this.#askAgainAndAgain(isOver.signal).catch(() => {
      // It is over.
    })
    try {
      for await (const { stream, bytes } of end.readLogs(this.#request.query, signal)) {
        for (let at = 0; at < bytes.length && !signal.aborted; at += pieceBytes) {
          await this.#write(stream, bytes.subarray(at, at + pieceBytes))
        }
        if (signal.aborted) return
      }
      this.#bus.publish(this.#request.to, closing(undefined))
    } finally {
      isOver.abort()
    }
  }

  async #write(stream: 1 | 2, bytes: Uint8Array): Promise<void> {
    const Line = this.#decoders[stream].write(bytes)
    if (Line === '') return
    const data = Buffer.from(goJson({ value: { Type: stream, Line } })).toString('base64')
    this.#bus.publish(this.#request.to, Buffer.from(`{"type":1,"data":"${data}"}`))
    this.#unaskedBytes += bytes.length
    if (this.#unaskedBytes > unaskedLimitBytes) await this.#ask()
  }

  async #askAgainAndAgain(isOver: AbortSignal): Promise<void> {
    while (!this.#gone.signal.aborted) {
      await this.#clock.sleep(askEveryMs, isOver)
      await this.#ask()
    }
  }

  /** Whether it is still read; no answer means no. */
  async #ask(): Promise<void> {
    const { subject, streamId, beats } = this.#request
    this.#unaskedBytes = 0
    try {
      const question = Buffer.from(goJson({ ActiveStreamIds: { [subject]: [streamId] } }))
      const answer = object(Buffer.from(await this.#bus.request(beats, question, askLimitMs)).toString('utf8'))
      const unread = Object.values(recordOf(answer.NonActiveStreamIds, 'NonActiveStreamIds'))
      if (unread.some((ids) => listOf(ids, 'ids', textOf).includes(streamId))) this.#gone.abort()
    } catch {
      this.#gone.abort()
    }
  }
}

/** The last message of a stream; without an error it has ended well. */
function closing(error: unknown): Buffer {
  const isUnreadable = error instanceof Fault && error.code === 'BadRequest'
  const Code = error === undefined ? closeCodes.good : isUnreadable ? closeCodes.badRequest : closeCodes.failed
  const prefix = isUnreadable ? 'error decoding : ' : 'error in handler : '
  return Buffer.from(
    goJson({ type: 2, closeError: { Code, Text: error === undefined ? '' : prefix + reasonOf(error) } }),
  )
}
