/** Only the last chunk of something may be smaller. */
export const leastChunkBytes = 512 * 1024
export const largestChunkBytes = 4 * 1024 * 1024
/** So many bits of the rolling number are zero where a chunk ends: every MiB on average. */
const cutMask = 0xfffff000

/** A number for each byte, without a pattern; with other ones everything would be cut elsewhere. */
const gear = (() => {
  const numbers = new Int32Array(256)
  let state = 0x9e3779b9
  for (let byte = 0; byte < 256; byte++) {
    for (let round = 0; round < 4; round++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
    }
    numbers[byte] = state
  }
  return numbers
})()

/**
 * Cuts bytes where their content says so: what is the same in two files, or before and after a change, is mostly cut into
 * the same chunks, wherever it stands. They are the bytes in their order; nothing gives none.
 */
export async function* cutChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const growing: Growing = { pieces: [], sizeBytes: 0, rolling: 0 }
  for await (const piece of source) {
    let from = 0
    for (let end = endIn(piece, from, growing); end !== undefined; end = endIn(piece, from, growing)) {
      yield Buffer.concat([...growing.pieces, piece.subarray(from, end)])
      Object.assign(growing, { pieces: [], sizeBytes: 0, rolling: 0 })
      from = end
    }
    growing.pieces.push(piece.subarray(from))
    growing.sizeBytes += piece.length - from
  }
  if (growing.sizeBytes > 0) yield Buffer.concat(growing.pieces)
}

/** A chunk whose end has not come yet. */
type Growing = { pieces: Uint8Array[]; sizeBytes: number; rolling: number }

/** Where the chunk ends in a piece that goes on with it at `from`; undefined = not in this one. */
function endIn(piece: Uint8Array, from: number, growing: Growing): number | undefined {
  const end = from + largestChunkBytes - growing.sizeBytes
  const last = Math.min(piece.length, end)
  let { rolling } = growing
  for (let at = from + Math.max(0, leastChunkBytes - growing.sizeBytes); at < last; at++) {
    rolling = ((rolling << 1) + (gear[piece[at] as number] as number)) | 0
    if ((rolling & cutMask) === 0) return at
  }
  growing.rolling = rolling
  return end <= piece.length ? end : undefined
}
