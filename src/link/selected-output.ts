import type { LogChunk, LogSelection } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import { Fault } from '#lib/fault.ts'
import { compileRegexp, type Regexp } from '#lib/regexp.ts'

/**
 * The part of an output that is wanted, piece by piece as it comes. Throws a Fault BadRequest for a pattern that is none, and
 * NotImplemented for a time when that of the output is not known.
 */
export async function* selectedOutput(
  chunks: AsyncIterable<LogChunk>,
  { after, sinceMs, grep }: LogSelection,
): AsyncGenerator<LogChunk> {
  const matching = grep === undefined ? undefined : new MatchingLines(compileRegexp(grep))
  for await (const chunk of chunks) {
    if (chunk.bytes.length === 0) yield chunk
    if (sinceMs !== undefined && isBefore(chunk, sinceMs)) continue
    const rest = after ? restAfter(chunk, after[chunk.stream]) : chunk
    const wanted = rest && matching ? matching.push(rest) : rest
    if (wanted) yield wanted
  }
  if (matching) yield* matching.end()
}

function isBefore({ timeMs }: LogChunk, sinceMs: number): boolean {
  if (timeMs === undefined)
    throw new Fault('NotImplemented', 'it is not known when this output was written', {
      hint: 'Its node is of a version that does not keep that. Ask without a time.',
    })
  return timeMs < sinceMs
}

function restAfter(chunk: LogChunk, after: number): LogChunk | undefined {
  const { bytes, end = bytes.length } = chunk
  const known = after - (end - bytes.length)
  if (known <= 0) return chunk
  return known < bytes.length ? { ...chunk, bytes: bytes.subarray(known) } : undefined
}

/** A line without an end is judged in parts of about this size. */
const longestLineBytes = 64 * 1024
const newline = 10

/** The lines of both streams that match; the last one is held back until it has its end. */
class MatchingLines {
  readonly #pattern: Regexp
  readonly #open = { 1: new OpenLine(), 2: new OpenLine() }

  constructor(pattern: Regexp) {
    this.#pattern = pattern
  }

  push({ stream, bytes, end }: LogChunk): LogChunk | undefined {
    const open = this.#open[stream]
    const isLong = open.length + bytes.length > longestLineBytes
    const whole = isLong && !bytes.includes(newline) ? bytes.length : bytes.lastIndexOf(newline) + 1
    const lines = whole === 0 ? undefined : open.take(bytes.subarray(0, whole))
    open.add(bytes.subarray(whole), end)
    return lines && this.#matchesIn(stream, lines, end === undefined ? undefined : end - bytes.length + whole)
  }

  *end(): Iterable<LogChunk> {
    for (const stream of [1, 2] as const) {
      const { end } = this.#open[stream]
      const last = this.#matchesIn(stream, this.#open[stream].take(new Uint8Array()), end)
      if (last) yield last
    }
  }

  #matchesIn(stream: LogStream, lines: Buffer, end: number | undefined): LogChunk | undefined {
    const found: Buffer[] = []
    for (let from = 0; from < lines.length; ) {
      const at = lines.indexOf(newline, from)
      const to = at < 0 ? lines.length : at
      if (this.#pattern.isIn(lines.toString('utf8', from, to))) found.push(lines.subarray(from, to + 1))
      from = to + 1
    }
    if (found.length === 0) return undefined
    return { stream, bytes: Buffer.concat(found), ...(end === undefined ? {} : { end }) }
  }
}

/** The beginning of a line whose end is still to come. */
class OpenLine {
  #parts: Uint8Array[] = []
  length = 0
  /** Where in its stream it ends so far. */
  end: number | undefined

  add(bytes: Uint8Array, end: number | undefined): void {
    this.end = end
    if (bytes.length === 0) return
    this.#parts.push(Uint8Array.from(bytes))
    this.length += bytes.length
  }

  /** What is there with what follows it; it is empty then. */
  take(bytes: Uint8Array): Buffer {
    const whole = Buffer.concat([...this.#parts, bytes])
    this.#parts = []
    this.length = 0
    return whole
  }
}
