import type { Bus, Subscription } from '#contracts/bus.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { NodeId } from '#models/ids.ts'
import { faultFrom, faultText } from './bus-fault.ts'
import { executionIdOf, flagOf, recordOf, textOf } from './go/checked.ts'

/**
 * Output over the bus: the reader names a subject on which nobody but this node speaks, and the node sends it one piece
 * after the other, each as a request. The answer is the credit for the next; no answer means that nobody reads any more.
 *
 * Bytes of a piece: 1 or 2 (the stream) + the output; 0 = the end; 3 + JSON = a fault.
 */
const largestPieceBytes = 256 * 1024
const creditLimitMs = 60_000
const openLimitMs = 10_000
const goOn = Buffer.of(1)
/** A node has one piece under way, and then the end. */
const arrivedLimit = 4

export async function* readLogsOverBus(
  bus: Bus,
  nodeId: NodeId,
  subject: string,
  query: LogQuery,
  signal: AbortSignal,
  random: Random,
): AsyncIterable<LogChunk> {
  const inbox = `_LOGS.${nodeId}.${random.uuid()}`
  const arrived: { payload: Uint8Array; reply: string | undefined }[] = []
  let wake: () => void = () => {}
  let isFlooded = false
  const subscription = bus.subscribe(inbox, ({ payload, reply }) => {
    if (arrived.length < arrivedLimit) arrived.push({ payload, reply })
    else isFlooded = true
    wake()
  })
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort)
  try {
    await bus.request(subject, Buffer.from(exactJson({ ...query, inbox })), openLimitMs)
    while (!signal.aborted) {
      if (isFlooded) throw new Fault('ServiceUnavailable', 'the output comes faster than it is asked for')
      const next = arrived.shift()
      if (!next) {
        await new Promise<void>((resolve) => {
          wake = resolve
          if (arrived.length > 0 || signal.aborted) resolve()
        })
        continue
      }
      const kind = next.payload[0]
      if (kind === 0) return
      if (kind === 3) throw faultFrom(Buffer.from(next.payload.subarray(1)).toString('utf8'))
      yield { stream: kind === 2 ? 2 : 1, bytes: next.payload.subarray(1) }
      if (next.reply) bus.publish(next.reply, goOn)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    subscription.stop()
  }
}

export const serveLogsOverBus = (bus: Bus, subject: string, end: ComputeEnd): Subscription =>
  bus.subscribe(subject, ({ payload, reply }) => {
    const asked = queryIn(payload)
    if (reply === undefined || asked === undefined) return
    bus.publish(reply, goOn)
    send(bus, asked.inbox, asked.query, end).catch(() => {
      // Nobody reads any more.
    })
  })

/** Undefined = not of this protocol; who asked so gets no answer. */
function queryIn(payload: Uint8Array): { inbox: string; query: LogQuery } | undefined {
  try {
    const wire = recordOf(parseExact(Buffer.from(payload).toString('utf8')), 'the query')
    const query: LogQuery = {
      executionId: executionIdOf(wire.executionId, 'executionId'),
      isFollowing: flagOf(wire.isFollowing, 'isFollowing'),
      isTail: flagOf(wire.isTail, 'isTail'),
    }
    const inbox = textOf(wire.inbox, 'inbox')
    return inboxPattern.test(inbox) ? { inbox, query } : undefined
  } catch {
    return undefined
  }
}

/** Output goes to a reader's own subject, and to no other. */
const inboxPattern = /^_LOGS\.[^.*>\s]+\.[\w-]+$/

const send = async (bus: Bus, inbox: string, query: LogQuery, end: ComputeEnd): Promise<void> => {
  const gone = new AbortController()
  const pieceBytes = Math.min(largestPieceBytes, bus.maxPayloadBytes - 1)
  try {
    for await (const { stream, bytes } of end.readLogs(query, gone.signal)) {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        await bus.request(inbox, piece(stream, bytes.subarray(at, at + pieceBytes)), creditLimitMs)
      }
    }
    bus.publish(inbox, Buffer.of(0))
  } catch (error) {
    bus.publish(inbox, Buffer.concat([Buffer.of(3), Buffer.from(faultText(error))]))
  } finally {
    gone.abort()
  }
}

const piece = (stream: LogStream, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(stream), bytes])
