import type { Bus, Subscription } from '#contracts/bus.ts'
import { resultPartBytes } from '#contracts/node-link.ts'
import type { ResultPart } from '#contracts/publisher.ts'
import { Fault } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import { faultFrom, faultText } from './bus-fault.ts'
import { recordOf, textOf } from './go/checked.ts'

/**
 * Bytes that do not change, as kept results and uploads are, over the bus: piece by piece as their reader asks. Who asks no
 * more has let go, a slow reader is sent no more than it asks for, and one that was away is simply asked again from the same
 * offset.
 *
 * A request is the JSON of a query. Answers: 0 + 4 bytes length + JSON of size and tag + bytes; 1 + JSON = a fault.
 */
const partLimitMs = 30_000
/** Of an answer, for its length, size and tag. */
const headRoomBytes = 512

export type Stretch = { offset: number; limitBytes: number }

export const readPieceOverBus = async (bus: Bus, subject: string, query: Stretch): Promise<ResultPart> => {
  const answer = Buffer.from(await bus.request(subject, Buffer.from(exactJson(query)), partLimitMs))
  if (answer[0] !== 0) throw faultFrom(answer.toString('utf8', 1))
  const part = partIn(answer)
  if (!part || part.bytes.length > query.limitBytes)
    throw new Fault('InternalError', 'the other side sent no piece of what was asked for')
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

/** `read` gets the subject and the query as it came, with a sound stretch. */
export const servePiecesOverBus = (
  bus: Bus,
  subject: string,
  read: (subject: string, query: Record<string, unknown> & Stretch) => Promise<ResultPart>,
): Subscription =>
  bus.subscribe(subject, ({ subject: asked, payload, reply }) => {
    if (reply === undefined) return
    const answer = async () => {
      const query = queryIn(Buffer.from(payload), bus.maxPayloadBytes - headRoomBytes)
      return pieceAnswer(await read(asked, query))
    }
    answer()
      .catch(faultAnswer)
      .then((bytes) => bus.publish(reply, bytes))
      .catch(() => {
        // The connection is gone, and whoever asked will ask again.
      })
  })

function pieceAnswer({ bytes, sizeBytes, tag }: ResultPart): Buffer {
  const head = Buffer.from(exactJson({ sizeBytes, tag }))
  const start = Buffer.alloc(5)
  start.writeUInt32BE(head.length, 1)
  return Buffer.concat([start, head, bytes])
}

function queryIn(payload: Buffer, mostBytes: number): Record<string, unknown> & Stretch {
  const query = recordOf(parseExact(payload.toString('utf8')), 'the query')
  const { offset, limitBytes } = query
  const isSound = Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(limitBytes) && limitBytes >= 0
  if (!isSound || limitBytes > resultPartBytes) throw new Fault('BadRequest', 'no such piece can be asked for')
  return { ...query, offset, limitBytes: Math.min(limitBytes, mostBytes) }
}

const faultAnswer = (error: unknown): Buffer => Buffer.concat([Buffer.of(1), Buffer.from(faultText(error))])
