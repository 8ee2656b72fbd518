import type { Bus, Subscription } from '#contracts/bus.ts'
import { type ComputeEnd, resultPartBytes } from '#contracts/node-link.ts'
import type { ResultPart, ResultQuery } from '#contracts/publisher.ts'
import { Fault } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import { faultFrom, faultText } from './bus-fault.ts'
import { executionIdOf, recordOf, textOf } from './go/checked.ts'

/**
 * Kept results over the bus, piece by piece as their reader asks: who asks no more has let go, a slow reader is sent no
 * more than it asks for, and a node that was away is simply asked again from the same offset.
 *
 * A request is the JSON of a `ResultQuery`. Answers: 0 + 4 bytes length + JSON of size and tag + bytes; 1 + JSON = a fault.
 */
const partLimitMs = 30_000
/** Of an answer, for its length, size and tag. */
const headRoomBytes = 512

export const readResultOverBus = async (bus: Bus, subject: string, query: ResultQuery): Promise<ResultPart> => {
  const answer = Buffer.from(await bus.request(subject, Buffer.from(exactJson(query)), partLimitMs))
  if (answer[0] !== 0) throw faultFrom(answer.toString('utf8', 1))
  const part = partIn(answer)
  if (!part || part.bytes.length > query.limitBytes)
    throw new Fault('InternalError', 'the node sent no piece of a result')
  return part
}

function partIn(answer: Buffer): ResultPart | undefined {
  if (answer.length < 5) return undefined
  const end = 5 + answer.readUInt32BE(1)
  try {
    const { sizeBytes, tag } = recordOf(parseExact(answer.toString('utf8', 5, end)), 'head')
    const isSound = Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && /^[\w-]+$/.test(textOf(tag, 'tag'))
    return isSound ? { bytes: answer.subarray(end), sizeBytes, tag } : undefined
  } catch {
    return undefined
  }
}

export const serveResultsOverBus = (bus: Bus, subject: string, end: ComputeEnd): Subscription =>
  bus.subscribe(subject, ({ payload, reply }) => {
    if (reply === undefined) return
    answerTo(end, Buffer.from(payload), bus.maxPayloadBytes - headRoomBytes)
      .catch(faultAnswer)
      .then((answer) => bus.publish(reply, answer))
      .catch(() => {
        // The connection is gone, and whoever asked will ask again.
      })
  })

const answerTo = async (end: ComputeEnd, payload: Buffer, mostBytes: number): Promise<Buffer> => {
  const query = queryIn(payload)
  const limitBytes = Math.min(query.limitBytes, mostBytes)
  const { bytes, sizeBytes, tag } = await end.readResult({ ...query, limitBytes })
  const head = Buffer.from(exactJson({ sizeBytes, tag }))
  const start = Buffer.alloc(5)
  start.writeUInt32BE(head.length, 1)
  return Buffer.concat([start, head, bytes])
}

function queryIn(payload: Buffer): ResultQuery {
  const { executionId, offset, limitBytes } = recordOf(parseExact(payload.toString('utf8')), 'the query')
  const isSound = Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(limitBytes) && limitBytes >= 0
  if (!isSound || limitBytes > resultPartBytes) throw new Fault('BadRequest', 'no such piece can be asked for')
  return { executionId: executionIdOf(executionId, 'executionId'), offset, limitBytes }
}

const faultAnswer = (error: unknown): Buffer => Buffer.concat([Buffer.of(1), Buffer.from(faultText(error))])
