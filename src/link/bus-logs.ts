import type { Bus, Subscription } from '#contracts/bus.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Random } from '#lib/clock.ts'
import { Fault, type FaultCode, faultOf } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { NodeId } from '#models/ids.ts'

/**
 * Output over the bus: the reader names a subject on which nobody but this node speaks, and the node sends it one piece after the other, each as
 * a request. The answer is the credit for the next; no answer means that nobody reads any more.
 *
 * Bytes of a piece: 1 or 2 (the stream) + the output; 0 = the end; 3 + JSON = a fault.
 */
const pieceBytes = 256 * 1024
const creditLimitMs = 60_000
const openLimitMs = 10_000
const goOn = Buffer.of(1)

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
  const subscription = bus.subscribe(inbox, ({ payload, reply }) => {
    arrived.push({ payload, reply })
    wake()
  })
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort)
  try {
    await bus.request(subject, Buffer.from(exactJson({ ...query, inbox })), openLimitMs)
    while (!signal.aborted) {
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
      if (kind === 3) throw faultFrom(next.payload)
      yield { stream: kind === 2 ? 2 : 1, bytes: next.payload.subarray(1) }
      if (next.reply) bus.publish(next.reply, goOn)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    subscription.stop()
  }
}

const faultFrom = (payload: Uint8Array): Fault => {
  const { Code, Message } = parseExact<{ Code: FaultCode; Message: string }>(
    Buffer.from(payload.subarray(1)).toString('utf8'),
  )
  return new Fault(Code, Message)
}

export const serveLogsOverBus = (bus: Bus, subject: string, end: ComputeEnd): Subscription =>
  bus.subscribe(subject, ({ payload, reply }) => {
    if (reply === undefined) return
    const { inbox, ...query } = parseExact<LogQuery & { inbox: string }>(Buffer.from(payload).toString('utf8'))
    bus.publish(reply, goOn)
    send(bus, inbox, query, end).catch(() => {
      // Nobody reads any more.
    })
  })

const send = async (bus: Bus, inbox: string, query: LogQuery, end: ComputeEnd): Promise<void> => {
  const gone = new AbortController()
  try {
    for await (const { stream, bytes } of end.readLogs(query, gone.signal)) {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        await bus.request(inbox, piece(stream, bytes.subarray(at, at + pieceBytes)), creditLimitMs)
      }
    }
    bus.publish(inbox, Buffer.of(0))
  } catch (error) {
    const { code, message } = faultOf(error)
    bus.publish(inbox, Buffer.concat([Buffer.of(3), Buffer.from(exactJson({ Code: code, Message: message }))]))
  } finally {
    gone.abort()
  }
}

const piece = (stream: LogStream, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(stream), bytes])
