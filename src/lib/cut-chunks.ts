/** Only the last chunk of something may be smaller. */
const leastBytes = 512 * 1024
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
  let rest: Buffer = Buffer.alloc(0)
  const scan = { at: leastBytes, rolling: 0 }
  for await (const piece of source) {
    rest = Buffer.concat([rest, piece])
    while (goOn(scan, rest)) {
      yield rest.subarray(0, scan.at)
      rest = rest.subarray(scan.at)
      Object.assign(scan, { at: leastBytes, rolling: 0 })
    }
  }
  if (rest.length > 0) yield rest
}

/** Whether a chunk ends at `at` now; false = more bytes must come. */
function goOn(scan: { at: number; rolling: number }, bytes: Uint8Array): boolean {
  const end = Math.min(bytes.length, largestChunkBytes)
  let { at, rolling } = scan
  for (; at < end; at++) {
    rolling = ((rolling << 1) + (gear[bytes[at] as number] as number)) | 0
    if ((rolling & cutMask) === 0) break
  }
  Object.assign(scan, { at, rolling })
  return at < end || at === largestChunkBytes
}
