import type { FileHandle } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { writeAt } from './write-at.ts'

it('what the system took only a part of is written to its end', async () => {
  const content = Buffer.alloc(12, '.')
  /** Takes five bytes at a time, as a disk may that is nearly full. */
  const take = (bytes: Uint8Array, position: number) => {
    const taken = bytes.subarray(0, 5)
    content.set(taken, position)
    return { bytesWritten: taken.length }
  }
  const file = {
    writev: async (pieces: Uint8Array[], position: number) => take(Buffer.concat(pieces), position),
    write: async (bytes: Uint8Array, offset: number, length: number, position: number) =>
      take(bytes.subarray(offset, offset + length), position),
  }
  await writeAt(file as unknown as FileHandle, [Buffer.from('abc'), Buffer.from('defgh'), Buffer.from('ij')], 1)
  expect(content.toString()).toBe('.abcdefghij.')
})
