import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'

/** A piece of one stream as text. */
export type LogPiece = { readonly stream: LogStream; readonly text: string }

/** Characters of each stream, counted as JSON and JavaScript count them: UTF-16 units. */
export type Lengths = Readonly<Record<LogStream, number>>

/** Live output: each piece as it comes; a character that is cut in two waits for its other half. */
export async function* livePieces(chunks: AsyncIterable<LogChunk>): AsyncGenerator<LogPiece> {
  const decoders = { 1: new TextDecoder(), 2: new TextDecoder() }
  for await (const { stream, bytes } of chunks) {
    const text = decoders[stream].decode(bytes, { stream: true })
    if (text !== '') yield { stream, text }
  }
  for (const stream of [1, 2] as const) {
    const text = decoders[stream].decode()
    if (text !== '') yield { stream, text }
  }
}

/** Finished output, one piece a line: all of stdout, then all of stderr, which is read again only when there is some. */
export async function* finishedPieces(read: () => AsyncIterable<LogChunk>): AsyncGenerator<LogPiece> {
  let hasErrors = false
  async function* output() {
    for await (const chunk of read()) {
      if (chunk.stream === 1) yield chunk.bytes
      else hasErrors = true
    }
  }
  async function* errors() {
    for await (const chunk of read()) if (chunk.stream === 2) yield chunk.bytes
  }
  yield* lines(1, output())
  if (hasErrors) yield* lines(2, errors())
}

/** Characters of a line that never ends are sent in pieces of this size. */
const longestLine = 64 * 1024

async function* lines(stream: LogStream, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<LogPiece> {
  const decoder = new TextDecoder()
  let open = ''
  for await (const bytes of pieces) {
    const text = open + decoder.decode(bytes, { stream: true })
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield { stream, text: text.slice(start, end + 1) }
      start = end + 1
    }
    open = text.slice(start)
    if (open.length > longestLine) {
      yield { stream, text: open }
      open = ''
    }
  }
  open += decoder.decode()
  if (open !== '') yield { stream, text: open }
}

/** What comes after so many characters of each stream. */
export async function* afterLengths(pieces: AsyncIterable<LogPiece>, lengths: Lengths): AsyncGenerator<LogPiece> {
  const left = { ...lengths }
  for await (const { stream, text } of pieces) {
    const rest = text.slice(left[stream])
    left[stream] = Math.max(0, left[stream] - text.length)
    if (rest !== '') yield { stream, text: rest }
  }
}

export async function lengthsOf(pieces: AsyncIterable<LogPiece>): Promise<Lengths> {
  const lengths = { 1: 0, 2: 0 }
  for await (const { stream, text } of pieces) lengths[stream] += text.length
  return lengths
}
