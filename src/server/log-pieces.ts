import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'

/** A piece of one stream as text. `end`: bytes of the stream up to its end, where that is known and no character is cut there. */
export type LogPiece = { readonly stream: LogStream; readonly text: string; readonly end?: number }

/** Characters of each stream, counted as JSON and JavaScript count them: UTF-16 units. */
export type Lengths = Readonly<Record<LogStream, number>>

/** Makes characters of one stream of bytes; without bytes, of what was left open. */
type Decoder = { decode(bytes?: Uint8Array, options?: { stream: boolean }): string }

/** Output as it is meant, and with a character for each byte (U+0000 to U+00FF), so that nothing of it is lost. */
export const asText = (): Decoder => new TextDecoder()
export const asBytes = (): Decoder => ({ decode: (bytes = nothing) => latin1(bytes) })
const newline = 10
const nothing = new Uint8Array()
const latin1 = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('latin1')

/** Live output: each piece as it comes; a character that is cut in two waits for its other half. */
export async function* livePieces(chunks: AsyncIterable<LogChunk>, decoder: () => Decoder): AsyncGenerator<LogPiece> {
  const decoders = { 1: decoder(), 2: decoder() }
  for await (const { stream, bytes, end } of chunks) {
    const text = decoders[stream].decode(bytes, { stream: true })
    const isWhole = end !== undefined && (decoder === asBytes || bytes.at(-1) === newline)
    if (text !== '') yield { stream, text, ...(isWhole && { end }) }
  }
  for (const stream of [1, 2] as const) {
    const text = decoders[stream].decode()
    if (text !== '') yield { stream, text }
  }
}

/** Finished output in pieces of whole lines: all of stdout, then all of stderr, which is read again only when there is some. */
export async function* finishedPieces(
  read: () => AsyncIterable<LogChunk>,
  decoder: () => Decoder,
): AsyncGenerator<LogPiece> {
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
  yield* lines(1, output(), decoder())
  if (hasErrors) yield* lines(2, errors(), decoder())
}

/** Characters of a piece of finished output, and of a line that never ends. */
const pieceLength = 64 * 1024

/** Whole lines, many in a piece: a message a line would cost a hundred times as much. */
async function* lines(
  stream: LogStream,
  pieces: AsyncIterable<Uint8Array>,
  decoder: Decoder,
): AsyncGenerator<LogPiece> {
  let open = ''
  for await (const bytes of pieces) {
    open += decoder.decode(bytes, { stream: true })
    if (open.length < pieceLength) continue
    const whole = open.lastIndexOf('\n') + 1 || open.length
    yield { stream, text: open.slice(0, whole) }
    open = open.slice(whole)
  }
  open += decoder.decode()
  if (open !== '') yield { stream, text: open }
}

/** What comes after so many characters of each stream. */
export async function* afterLengths(pieces: AsyncIterable<LogPiece>, lengths: Lengths): AsyncGenerator<LogPiece> {
  const left = { ...lengths }
  for await (const { stream, text, ...end } of pieces) {
    const rest = text.slice(left[stream])
    left[stream] = Math.max(0, left[stream] - text.length)
    if (rest !== '') yield { stream, text: rest, ...end }
  }
}

export async function lengthsOf(pieces: AsyncIterable<LogPiece>): Promise<Lengths> {
  const lengths = { 1: 0, 2: 0 }
  for await (const { stream, text } of pieces) lengths[stream] += text.length
  return lengths
}
