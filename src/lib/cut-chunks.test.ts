import { describe, expect, it } from 'vitest'
import { cutChunks, largestChunkBytes } from './cut-chunks.ts'

/** The same bytes without a pattern each time, as `pieces` of so many bytes. */
function bytes(length: number, seed = 1): Buffer {
  const made = Buffer.alloc(length)
  let state = seed
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    made[at] = state >>> 24
  }
  return made
}
async function* inPieces(whole: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < whole.length; at += pieceBytes) yield whole.subarray(at, at + pieceBytes)
}
const cut = async (whole: Buffer, pieceBytes = 65_536): Promise<Buffer[]> => {
  const chunks: Buffer[] = []
  for await (const chunk of cutChunks(inPieces(whole, pieceBytes))) chunks.push(Buffer.from(chunk))
  return chunks
}
const whole = bytes(12_000_000)

describe('bytes cut into chunks', () => {
  it('are all there, in chunks of a bounded size, however they come', async () => {
    const chunks = await cut(whole)
    expect(Buffer.concat(chunks).equals(whole)).toBe(true)
    expect(chunks.length).toBeGreaterThan(2)
    for (const { length } of chunks) expect(length).toBeLessThanOrEqual(largestChunkBytes)
    for (const pieceBytes of [777, 777_777, whole.length]) {
      const others = await cut(whole, pieceBytes)
      expect(others.map(({ length }) => length)).toEqual(chunks.map(({ length }) => length))
    }
  })

  it('have the same chunks before and after a change, but for those that are changed', async () => {
    const chunks = await cut(whole)
    const changed = await cut(Buffer.concat([whole.subarray(0, 5_000_000), bytes(1000, 7), whole.subarray(5_000_000)]))
    const isKnown = (chunk: Buffer) => chunks.some((each) => each.equals(chunk))
    const newBytes = changed.filter((chunk) => !isKnown(chunk)).reduce((sum, { length }) => sum + length, 0)
    expect(newBytes).toBeGreaterThan(0)
    expect(newBytes).toBeLessThan(whole.length / 2)
  })

  it('are none of nothing, and full ones of what is everywhere the same', async () => {
    expect(await cut(Buffer.alloc(0))).toEqual([])
    const zeros = await cut(Buffer.alloc(2 * largestChunkBytes + 1))
    expect(zeros.every(({ length }) => length <= largestChunkBytes)).toBe(true)
    expect(zeros.reduce((sum, { length }) => sum + length, 0)).toBe(2 * largestChunkBytes + 1)
  })
})
