import type { Bus, BusMessage, Subscription } from '#contracts/bus.ts'
import type { Random } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import { faultFrom, faultText } from './bus-fault.ts'
import { isFrame } from './ncl/frame.ts'
import { Transfers } from './transfers.ts'

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
const partHeadBytes = 25
const largestPartBytes = 900 * 1024

/** `text` is JSON, and each message of it has this long to be answered. */
export const call = <Result>(
  bus: Bus,
  subject: string,
  text: string,
  timeoutMs: number,
  random: Random,
): Promise<Result> => {
  const whole = marked(wholeMark, text)
  // Not awaited here, which would keep text and bytes until the answer: much, where thousands of nodes are called at once.
  if (whole.length <= partBytesOf(bus)) return bus.request(subject, whole, timeoutMs).then(answerOf<Result>)
  return callInParts(bus, subject, whole.subarray(1), timeoutMs, random)
}

const partBytesOf = (bus: Bus): number => Math.min(largestPartBytes, bus.maxPayloadBytes - partHeadBytes)

async function callInParts<Result>(
  bus: Bus,
  subject: string,
  bytes: Buffer,
  timeoutMs: number,
  random: Random,
): Promise<Result> {
  const partBytes = partBytesOf(bus)
  const id = Buffer.from(random.uuid().replaceAll('-', ''), 'hex')
  const count = Math.ceil(bytes.length / partBytes)
  const send = (index: number): Promise<Uint8Array> => {
    const bytesOf = bytes.subarray(index * partBytes, (index + 1) * partBytes)
    return bus.request(subject, Buffer.concat([partHead(id, index, count), bytesOf]), timeoutMs)
  }
  for (let index = 0; index < count - 1; index++) answerOf(await send(index))
  return answerOf(await send(count - 1))
}

/** Marks below 128 are one byte of UTF-8. */
const marked = (mark: number, text: string): Buffer => Buffer.from(String.fromCharCode(mark) + text)

const partHead = (id: Buffer, index: number, count: number): Buffer => {
  const numbers = Buffer.alloc(8)
  numbers.writeUInt32BE(index, 0)
  numbers.writeUInt32BE(count, 4)
  return Buffer.concat([Buffer.of(partMark), id, numbers])
}

/** Who answers is an orchestrator of Go, and did not understand. */
export class AnsweredInFrames extends Error {}

const answerOf = <Result>(bytes: Uint8Array): Result => {
  if (isFrame(bytes)) throw new AnsweredInFrames('the other side speaks ncl/v1')
  const text = textOf(bytes.subarray(1))
  if (bytes[0] === 1) throw faultFrom(text)
  return parseExact<Result>(text || 'null')
}

type CallHandlers = {
  /** Gets the subject and the body as it came. */
  handle: (subject: string, body: unknown) => Promise<unknown>
  onRefused?: (subject: string, error: unknown) => void
  others?: (message: BusMessage) => void
}

/**
 * Answers calls. What `handle` throws is told to the caller as a fault, and to `onRefused`. Messages that do not begin like
 * ours go to `others`, or are refused.
 */
export const serveCalls = (bus: Bus, pattern: string, { handle, onRefused, others }: CallHandlers): Subscription => {
  const transfers = new Transfers()
  return bus.subscribe(pattern, (message) => {
    const { subject, payload, reply } = message
    if (others && payload[0] !== wholeMark && payload[0] !== partMark) return others(message)
    if (reply === undefined) return
    const answer = (kind: number, text: string): void => bus.publish(reply, marked(kind, text))
    const run = async (): Promise<void> => {
      const bytes = whole(transfers, subject, payload)
      if (!bytes) return answer(2, '')
      answer(0, exactJson((await handle(subject, parsed(bytes))) ?? null))
    }
    run()
      .catch((error: unknown) => {
        onRefused?.(subject, error)
        answer(1, faultText(error))
      })
      // The answer does not go through; who asked hears of it by no answer.
      .catch((error: unknown) => onRefused?.(subject, error))
  })
}

const whole = (transfers: Transfers, sender: string, bytes: Uint8Array): Uint8Array | undefined => {
  if (bytes[0] === wholeMark) return bytes.subarray(1)
  if (bytes[0] === partMark) return transfers.take(sender, Buffer.from(bytes))
  throw new Fault('BadRequest', 'not a message of this protocol')
}

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('utf8')

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return parseExact(textOf(bytes))
  } catch (error) {
    throw new Fault('BadRequest', `not JSON: ${messageOf(error)}`)
  }
}
