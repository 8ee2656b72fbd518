import type { Bus, BusMessage, Subscription } from '#contracts/bus.ts'
import { Fault, type FaultCode, faultOf } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import { isFrame } from './ncl/frame.ts'

/**
 * Calls over the bus: a request of any size and its answer. What is larger than one message travels in parts, each
 * acknowledged, under a number that the receiver puts together again.
 *
 * Bytes: 0 + body = a whole request; 0xB1 + 16 bytes id + 4 bytes index + 4 bytes count + part = a part.
 * Answers: 0 + JSON = the result; 1 + JSON = a fault; 2 = part taken, go on.
 */
const wholeMark = 0
/** Not 1 or 2: frames of Go nodes come on the same subjects and begin with those. */
const partMark = 0xb1
const partBytes = 900 * 1024
const transferLimitBytes = 32 * 1024 * 1024
const transferLimit = 64

type Transfer = { parts: Buffer[]; bytes: number }

export const call = async <Result>(
  bus: Bus,
  subject: string,
  body: unknown,
  timeoutMs: number,
  newId: () => string,
): Promise<Result> => {
  const bytes = Buffer.from(exactJson(body))
  if (bytes.length <= partBytes)
    return answerOf(await bus.request(subject, Buffer.concat([Buffer.of(wholeMark), bytes]), timeoutMs))
  const id = Buffer.from(newId().replaceAll('-', ''), 'hex')
  const count = Math.ceil(bytes.length / partBytes)
  for (let index = 0; index < count - 1; index++) await bus.request(subject, part(id, index, count, bytes), timeoutMs)
  return answerOf(await bus.request(subject, part(id, count - 1, count, bytes), timeoutMs))
}

const part = (id: Buffer, index: number, count: number, bytes: Buffer): Buffer => {
  const numbers = Buffer.alloc(8)
  numbers.writeUInt32BE(index, 0)
  numbers.writeUInt32BE(count, 4)
  return Buffer.concat([Buffer.of(partMark), id, numbers, bytes.subarray(index * partBytes, (index + 1) * partBytes)])
}

/** Who answers is an orchestrator of Go, and did not understand. */
export class AnsweredInFrames extends Error {}

const answerOf = <Result>(bytes: Uint8Array): Result => {
  if (isFrame(bytes)) throw new AnsweredInFrames('the other side speaks ncl/v1')
  const value = parseExact<{ Code: FaultCode; Message: string; IsRetryable: boolean } & Result>(
    Buffer.from(bytes.subarray(1)).toString('utf8') || 'null',
  )
  if (bytes[0] !== 1) return value
  throw new Fault(value.Code, value.Message, { isRetryable: value.IsRetryable })
}

/**
 * Answers calls; `handle` gets the subject and the body. What it throws is told to the caller as a fault. Messages that
 * do not begin like ours go to `others`, or are refused.
 */
export const serveCalls = (
  bus: Bus,
  pattern: string,
  handle: (subject: string, body: never) => Promise<unknown>,
  others?: (message: BusMessage) => void,
): Subscription => {
  const transfers = new Map<string, Transfer>()
  return bus.subscribe(pattern, (message) => {
    const { subject, payload, reply } = message
    if (others && payload[0] !== wholeMark && payload[0] !== partMark) return others(message)
    if (reply === undefined) return
    const answer = (kind: number, value?: unknown): void =>
      bus.publish(reply, Buffer.concat([Buffer.of(kind), Buffer.from(value === undefined ? '' : exactJson(value))]))
    const run = async (): Promise<void> => {
      const bytes = payload[0] === wholeMark ? Buffer.from(payload.subarray(1)) : assembled(transfers, payload)
      if (!bytes) return answer(2)
      answer(0, (await handle(subject, parseExact<never>(bytes.toString('utf8')))) ?? null)
    }
    run().catch((error: unknown) => {
      const { code, message, isRetryable } = faultOf(error)
      answer(1, { Code: code, Message: message, IsRetryable: isRetryable })
    })
  })
}

/** The whole body when this was its last part. Broken or oversized transfers are refused. */
const assembled = (transfers: Map<string, Transfer>, payload: Uint8Array): Buffer | undefined => {
  const bytes = Buffer.from(payload)
  if (bytes[0] !== partMark || bytes.length < 25) throw new Fault('BadRequest', 'not a message of this protocol')
  const id = bytes.subarray(1, 17).toString('hex')
  const index = bytes.readUInt32BE(17)
  const count = bytes.readUInt32BE(21)
  const transfer = index === 0 ? { parts: [], bytes: 0 } : transfers.get(id)
  transfers.delete(id)
  if (!transfer || transfer.parts.length !== index)
    throw new Fault('BadRequest', 'parts out of order', { isRetryable: true })
  transfer.parts.push(bytes.subarray(25))
  transfer.bytes += bytes.length - 25
  if (transfer.bytes > transferLimitBytes) throw new Fault('PayloadTooLarge', 'the message is too large')
  if (index === count - 1) return Buffer.concat(transfer.parts)
  const oldest = transfers.keys().next().value
  if (transfers.size >= transferLimit && oldest !== undefined) transfers.delete(oldest)
  transfers.set(id, transfer)
  return undefined
}
