import type { Wire } from '#api/decode/wire-json.ts'
import type { Bus, Subscription } from '#contracts/bus.ts'
import type { LogChunk, LogQuery, LogSelection } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { NodeId } from '#models/ids.ts'
import { ArrivingPieces } from './arriving-pieces.ts'
import { faultFrom, faultText } from './bus-fault.ts'
import { Credit } from './credit.ts'
import { countOf, executionIdOf, flagOf, recordOf, textOf } from './go/checked.ts'

/**
 * Output over the bus: the reader names a subject on which nobody but this node speaks, and the node sends it one piece
 * after the other, a few at a time, each as a request. An answer is the credit for the next; none means that nobody reads any more.
 *
 * Bytes of a piece: 1 or 2 (the stream) + where in it the piece ends (6 bytes big endian, all ones = not known) + the output;
 * 0 = the end; 3 + JSON = a fault; 4 = the node is still at it, and asks whether the reader is.
 */
const headBytes = 7
const unknownEnd = 2 ** 48 - 1
const largestPieceBytes = 128 * 1024
/** Bytes under way to a reader: as much as it holds of what it does not take. */
const windowBytes = 4 * largestPieceBytes
/**
 * Pieces of them that a reader of ours holds: each of two streams that take turns is one, and over a long way few are taken in
 * a second.
 */
const windowPieces = 256
/** What a reader holds that does not say how many: an older one. */
const unsaidPieces = 4
/** How often a node says that it is still at it, and after how much silence it is taken to be gone. */
const lifeSignMs = 5_000
const silenceLimitMs = 3 * lifeSignMs + 1_000
const creditLimitMs = 60_000
const openLimitMs = 10_000
const goOn = Buffer.of(1)
/** What a node has under way, and then the end; signs of life are not kept. */
const arrivedPiecesLimit = windowPieces + 2
const arrivedBytesLimit = windowBytes + 2 * largestPieceBytes

/** Whose output is read, over what. `subject`: on which the node is asked. */
export type LogSource = { bus: Bus; clock: Clock; random: Random; nodeId: NodeId; subject: string }

/** Throws the Fault that the node tells, and ServiceUnavailable when it goes silent. */
export async function* readLogsOverBus(
  { bus, clock, random, nodeId, subject }: LogSource,
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<LogChunk> {
  const inbox = `_LOGS.${nodeId}.${random.uuid()}`
  const pieces = new ArrivingPieces({
    bus,
    clock,
    subject: inbox,
    sender: nodeId,
    most: { pieces: arrivedPiecesLimit, bytes: arrivedBytesLimit },
    silenceLimitMs,
    isSign: ({ payload, reply }) => {
      const isSign = payload[0] === 4
      if (isSign && reply !== undefined) bus.publish(reply, goOn)
      return isSign
    },
  })
  try {
    await bus.request(subject, Buffer.from(exactJson({ ...query, inbox, pieces: windowPieces })), openLimitMs)
    for (let piece = await pieces.next(signal); piece; piece = await pieces.next(signal)) {
      const { payload, reply } = piece
      if (payload[0] === 0) return
      if (payload[0] === 3) throw faultFrom(Buffer.from(payload.subarray(1)).toString('utf8'))
      yield chunkIn(payload)
      if (reply) bus.publish(reply, goOn)
    }
  } finally {
    pieces.stop()
  }
}

export const serveLogsOverBus = (bus: Bus, subject: string, end: ComputeEnd, clock: Clock): Subscription =>
  bus.subscribe(subject, ({ payload, reply }) => {
    const asked = queryIn(payload)
    if (reply === undefined || asked === undefined) return
    bus.publish(reply, goOn)
    send(bus, asked, end, clock).catch(() => {
      // Nobody reads any more.
    })
  })

/** `pieces`: how many the reader holds that it has not taken yet. */
type Asked = { inbox: string; pieces: number; query: LogQuery }

/** Undefined = not of this protocol; who asked so gets no answer. */
function queryIn(payload: Uint8Array): Asked | undefined {
  try {
    const wire = recordOf(parseExact(Buffer.from(payload).toString('utf8')), 'the query')
    const query: LogQuery = {
      executionId: executionIdOf(wire.executionId, 'executionId'),
      isFollowing: flagOf(wire.isFollowing, 'isFollowing'),
      isTail: flagOf(wire.isTail, 'isTail'),
      ...selectionIn(wire),
    }
    const inbox = textOf(wire.inbox, 'inbox')
    const pieces = wire.pieces === undefined ? unsaidPieces : countOf(wire.pieces, 'pieces')
    return inboxPattern.test(inbox) && pieces > 0 ? { inbox, pieces: Math.min(pieces, windowPieces), query } : undefined
  } catch {
    return undefined
  }
}

const selectionIn = ({ after, sinceMs, grep }: Wire): LogSelection => ({
  ...(after === undefined ? {} : { after: streamBytesIn(recordOf(after, 'after')) }),
  ...(sinceMs === undefined ? {} : { sinceMs: countOf(sinceMs, 'sinceMs') }),
  ...(grep === undefined ? {} : { grep: textOf(grep, 'grep') }),
})

const streamBytesIn = (wire: Wire) => ({ 1: countOf(wire['1'], 'after.1'), 2: countOf(wire['2'], 'after.2') })

/** Output goes to a reader's own subject, and to no other. */
const inboxPattern = /^_LOGS\.[^.*>\s]+\.[\w-]+$/

const send = async (bus: Bus, { inbox, pieces, query }: Asked, end: ComputeEnd, clock: Clock): Promise<void> => {
  const gone = new AbortController()
  const credit = new Credit(pieces, windowBytes)
  void tellLife(bus, inbox, clock, gone)
  const pieceBytes = Math.min(largestPieceBytes, bus.maxPayloadBytes - headBytes)
  try {
    for await (const chunk of gathered(end.readLogs(query, gone.signal), pieceBytes, credit)) {
      for (const piece of piecesOf(chunk, pieceBytes)) {
        await credit.more()
        credit.use(piece.length, bus.request(inbox, piece, creditLimitMs))
      }
    }
    await credit.all()
    gone.signal.throwIfAborted()
    bus.publish(inbox, Buffer.of(0))
  } catch (error) {
    bus.publish(inbox, Buffer.concat([Buffer.of(3), Buffer.from(faultText(error))]))
  } finally {
    gone.abort()
  }
}

/**
 * What a stream goes on with while a few pieces are under way goes together: line by line, each with an answer to wait
 * for, would be little over a long way.
 */
async function* gathered(
  chunks: AsyncIterable<LogChunk>,
  limitBytes: number,
  credit: Credit,
): AsyncGenerator<LogChunk> {
  const source = chunks[Symbol.asyncIterator]()
  const ask = (): Promise<IteratorResult<LogChunk>> => {
    const answer = source.next()
    answer.catch(() => {
      // Whoever waits for it is told.
    })
    return answer
  }
  let next = ask()
  const more = (): Promise<IteratorResult<LogChunk> | undefined> | undefined => {
    const { gathering } = credit
    return gathering && Promise.race([gathering.then(() => undefined), next])
  }
  try {
    for (let now = await next; !now.done; now = await next) {
      let { end } = now.value
      const parts = [now.value.bytes]
      let size = now.value.bytes.length
      next = ask()
      for (let then = await more(); then && !then.done; then = await more()) {
        const { value } = then
        if (value.stream !== now.value.stream || startOf(value) !== end || size + value.bytes.length > limitBytes) break
        parts.push(value.bytes)
        size += value.bytes.length
        end = value.end
        next = ask()
      }
      yield parts.length === 1
        ? now.value
        : { ...now.value, bytes: Buffer.concat(parts), ...(end !== undefined && { end }) }
    }
  } finally {
    source.return?.().catch(() => {
      // It ended of what its reader is told.
    })
  }
}

/** Undefined = not known. */
const startOf = ({ bytes, end }: LogChunk): number | undefined => (end === undefined ? undefined : end - bytes.length)

/** Says that it is still at it, as long as somebody listens: output may be silent for days. */
async function tellLife(bus: Bus, inbox: string, clock: Clock, gone: AbortController): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(lifeSignMs, gone.signal)
      await bus.request(inbox, Buffer.of(4), creditLimitMs)
    }
  } catch (error) {
    gone.abort(error)
  }
}

function* piecesOf({ stream, bytes, end }: LogChunk, pieceBytes: number): Iterable<Buffer> {
  // A piece without bytes tells where the output stands.
  for (let at = 0; at === 0 || at < bytes.length; at += pieceBytes) {
    const body = bytes.subarray(at, at + pieceBytes)
    const piece = Buffer.allocUnsafe(headBytes + body.length)
    piece[0] = stream
    piece.writeUIntBE(end === undefined ? unknownEnd : end - bytes.length + at + body.length, 1, headBytes - 1)
    piece.set(body, headBytes)
    yield piece
  }
}

function chunkIn(payload: Uint8Array): LogChunk {
  const piece = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  const end = piece.length < headBytes ? unknownEnd : piece.readUIntBE(1, headBytes - 1)
  const chunk: LogChunk = { stream: piece[0] === 2 ? 2 : 1, bytes: piece.subarray(headBytes) }
  return end === unknownEnd ? chunk : { ...chunk, end }
}
