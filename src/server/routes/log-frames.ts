import { goString } from '#api/encode/go-json.ts'
import type { LogChunk } from '#contracts/log-reader.ts'

const frame = (stream: 1 | 2, line: string): string => `{"value":{"Type":${stream},"Line":${goString(line)}}}\n`

/** Live output: each piece as it comes; a character that is cut in two waits for its other half. */
export async function* chunkFrames(chunks: AsyncIterable<LogChunk>): AsyncGenerator<string> {
  const decoders = { 1: new TextDecoder(), 2: new TextDecoder() }
  for await (const { stream, bytes } of chunks) {
    const text = decoders[stream].decode(bytes, { stream: true })
    if (text !== '') yield frame(stream, text)
  }
  for (const stream of [1, 2] as const) {
    const rest = decoders[stream].decode()
    if (rest !== '') yield frame(stream, rest)
  }
}

/** Characters of a line that never ends are sent in pieces of this size. */
const longestLine = 64 * 1024

/** Finished output: one frame a line, in the order in which the lines were completed. */
export async function* lineFrames(chunks: AsyncIterable<LogChunk>): AsyncGenerator<string> {
  const decoders = { 1: new TextDecoder(), 2: new TextDecoder() }
  const open = { 1: '', 2: '' }
  for await (const { stream, bytes } of chunks) {
    const text = open[stream] + decoders[stream].decode(bytes, { stream: true })
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield frame(stream, text.slice(start, end + 1))
      start = end + 1
    }
    open[stream] = text.slice(start)
    if (open[stream].length > longestLine) {
      yield frame(stream, open[stream])
      open[stream] = ''
    }
  }
  for (const stream of [1, 2] as const) {
    const rest = open[stream] + decoders[stream].decode()
    if (rest !== '') yield frame(stream, rest)
  }
}
