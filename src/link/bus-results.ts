import type { Bus, Subscription } from '#contracts/bus.ts'
import { type ComputeEnd, resultPartBytes } from '#contracts/node-link.ts'
import type { ResultPart, ResultQuery } from '#contracts/publisher.ts'
import { Fault, type FaultCode, faultOf } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'

/**
 * Kept results over the bus, piece by piece as their reader asks: who asks no more has let go, a slow reader is sent no
 * more than it asks for, and a node that was away is simply asked again from the same offset.
 *
 * A request is the JSON of a `ResultQuery`. Answers: 0 + 4 bytes length + JSON of size and tag + bytes; 1 + JSON = a fault.
 */
const partLimitMs = 30_000

type Head = { sizeBytes: number; tag: string }
type FaultBody = { Code: FaultCode; Message: string; Hint?: string; IsRetryable: boolean }

export const readResultOverBus = async (bus: Bus, subject: string, query: ResultQuery): Promise<ResultPart> => {
  const answer = Buffer.from(await bus.request(subject, Buffer.from(exactJson(query)), partLimitMs))
  if (answer[0] !== 0) throw faultFrom(parseExact<FaultBody>(answer.toString('utf8', 1)))
  const end = 5 + answer.readUInt32BE(1)
  const { sizeBytes, tag } = parseExact<Head>(answer.toString('utf8', 5, end))
  const bytes = answer.subarray(end)
  const isSound = Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && /^[\w-]+$/.test(tag)
  if (!isSound || bytes.length > query.limitBytes)
    throw new Fault('InternalError', 'the node sent no piece of a result')
  return { bytes, sizeBytes, tag }
}

const faultFrom = ({ Code, Message, Hint, IsRetryable }: FaultBody): Fault =>
  new Fault(Code, Message, { isRetryable: IsRetryable, ...(Hint ? { hint: Hint } : {}) })

export const serveResultsOverBus = (bus: Bus, subject: string, end: ComputeEnd): Subscription =>
  bus.subscribe(subject, ({ payload, reply }) => {
    if (reply === undefined) return
    answerTo(end, Buffer.from(payload))
      .catch(faultAnswer)
      .then((answer) => bus.publish(reply, answer))
      .catch(() => {
        // The connection is gone, and whoever asked will ask again.
      })
  })

const answerTo = async (end: ComputeEnd, payload: Buffer): Promise<Buffer> => {
  const { bytes, sizeBytes, tag } = await end.readResult(checked(parseExact<ResultQuery>(payload.toString('utf8'))))
  const head = Buffer.from(exactJson({ sizeBytes, tag }))
  const start = Buffer.alloc(5)
  start.writeUInt32BE(head.length, 1)
  return Buffer.concat([start, head, bytes])
}

const checked = (query: ResultQuery): ResultQuery => {
  const { offset, limitBytes } = query
  const isSound = Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(limitBytes) && limitBytes >= 0
  if (!isSound || limitBytes > resultPartBytes) throw new Fault('BadRequest', 'no such piece can be asked for')
  return query
}

const faultAnswer = (error: unknown): Buffer => {
  const { code, message, hint, isRetryable } = faultOf(error)
  const body = exactJson({ Code: code, Message: message, ...(hint ? { Hint: hint } : {}), IsRetryable: isRetryable })
  return Buffer.concat([Buffer.of(1), Buffer.from(body)])
}
