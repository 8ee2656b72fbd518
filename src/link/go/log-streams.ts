import { parseWire } from '#api/decode/wire-json.ts'
import type { Bus, Subscription } from '#contracts/bus.ts'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { Clock, Random, Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { countOf, listOf, recordOf, textOf } from './checked.ts'

/** Go nodes ask every 10 s whether a stream is still read; this much silence means that the node is gone. */
const silenceLimitMs = 45_000
const closedWell = 1000
/** Such nodes send without being asked for more: a reader that is so far behind is let go. */
const unreadLimitBytes = 64 * 1024 * 1024

type Stream = {
  arrived: LogChunk[]
  unreadBytes: number
  end?: 'closed' | Fault
  wake: () => void
  watch: Timer | undefined
}

/** Output as Go nodes send it: one subject per stream, and a heartbeat that asks which streams are still wanted. */
export class GoLogStreams {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #random: Random
  readonly #consumer: string
  readonly #open = new Map<string, Stream>()

  constructor(bus: Bus, clock: Clock, random: Random) {
    this.#bus = bus
    this.#clock = clock
    this.#random = random
    this.#consumer = `_SINBOX.${random.uuid().replaceAll('-', '')}`
  }

  /** Answers the heartbeats of producers; what we do not read any more they may stop. */
  serve(): Subscription {
    return this.#bus.subscribe(`_HEARTBEAT.${this.#consumer}`, ({ payload, reply }) => {
      if (reply === undefined) return
      const NonActiveStreamIds = this.#unread(payload)
      this.#bus.publish(reply, Buffer.from(JSON.stringify({ NonActiveStreamIds })))
    })
  }

  /** Asks for a stream by `body` on `subject`, and reads it to its end. Aborting makes the node stop at its next heartbeat. */
  async *read(subject: string, body: string, signal: AbortSignal): AsyncGenerator<LogChunk, void> {
    const streamId = this.#random.uuid().replaceAll('-', '').slice(0, 8)
    const stream: Stream = { arrived: [], unreadBytes: 0, wake: () => {}, watch: undefined }
    const inbox = this.#bus.subscribe(`${this.#consumer}.${streamId}`, ({ payload }) => this.#take(stream, payload))
    const onAbort = (): void => stream.wake()
    signal.addEventListener('abort', onAbort)
    this.#open.set(streamId, stream)
    this.#heard(stream)
    const request = {
      consumerId: `${this.#consumer}.`,
      streamId,
      heartBeatRequestSub: `_HEARTBEAT.${this.#consumer}`,
      body: Buffer.from(body).toString('base64'),
    }
    try {
      this.#bus.publish(subject, Buffer.from(JSON.stringify(request)), `${this.#consumer}.${streamId}`)
      while (!signal.aborted) {
        const chunk = stream.arrived.shift()
        if (chunk) {
          stream.unreadBytes -= chunk.bytes.length
          yield chunk
        } else if (stream.end === 'closed') return
        else if (stream.end) throw stream.end
        else await new Promise<void>((resolve) => (stream.wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#open.delete(streamId)
      stream.watch?.stop()
      inbox.stop()
    }
  }

  #heard(stream: Stream): void {
    stream.watch?.stop()
    stream.watch = this.#clock.after(silenceLimitMs, () =>
      end(stream, new Fault('ServiceUnavailable', 'the node went silent', { isRetryable: true })),
    )
  }

  #take(stream: Stream, payload: Uint8Array): void {
    if (stream.end) return
    this.#heard(stream)
    try {
      const text = Buffer.from(payload).toString('utf8')
      // Nobody listens on the node's subject: an empty answer.
      if (text === '') return end(stream, new Fault('ServiceUnavailable', 'the node cannot be reached for its logs'))
      const { type, data, closeError } = recordOf(parseWire(text), 'stream message')
      if (type !== 1) return end(stream, closing(closeError))
      const wrapped = recordOf(parseWire(Buffer.from(textOf(data, 'data'), 'base64').toString('utf8')), 'data')
      if (wrapped.error) throw new Fault('ServiceUnavailable', textOf(wrapped.error, 'error'))
      const { Type, Line } = recordOf(wrapped.value, 'value')
      const bytes = Buffer.from(textOf(Line, 'Line'))
      stream.unreadBytes += bytes.length
      if (stream.unreadBytes > unreadLimitBytes)
        throw new Fault('ServiceUnavailable', 'the output comes faster than it is read')
      stream.arrived.push({ stream: Type === 2 ? 2 : 1, bytes })
      stream.wake()
    } catch (error) {
      end(stream, error instanceof Fault ? error : new Fault('ServiceUnavailable', 'the node sent unreadable output'))
    }
  }

  #unread(payload: Uint8Array): Record<string, string[]> {
    const unread: Record<string, string[]> = {}
    try {
      const { ActiveStreamIds } = recordOf(parseWire(Buffer.from(payload).toString('utf8')), 'heartbeat')
      for (const [subject, ids] of Object.entries(recordOf(ActiveStreamIds, 'ActiveStreamIds'))) {
        const gone = listOf(ids, subject, textOf).filter((id) => !this.#isRead(id))
        if (gone.length > 0) unread[subject] = gone
      }
    } catch {
      // Not of this protocol: nothing of it is read.
    }
    return unread
  }

  #isRead(streamId: string): boolean {
    const stream = this.#open.get(streamId)
    if (stream) this.#heard(stream)
    return stream !== undefined
  }
}

const end = (stream: Stream, how: 'closed' | Fault): void => {
  stream.end ??= how
  stream.watch?.stop()
  stream.wake()
}

function closing(value: unknown): 'closed' | Fault {
  const { Code, Text } = recordOf(value, 'closeError')
  if (countOf(Code, 'Code') === closedWell) return 'closed'
  const text = textOf(Text, 'Text')
  return new Fault(/not found|completed execution/.test(text) ? 'NotFound' : 'ServiceUnavailable', text)
}
