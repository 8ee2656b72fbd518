import { expect, it } from 'vitest'
import { writeAt } from './write-at.ts'

it('what the system took only a part of is written to its end', async () => {
  const content = Buffer.alloc(12, '.')
  /** Takes five bytes at a time, as a disk may that is nearly full. */
  const writev = async (pieces: readonly Uint8Array[], position: number) => {
    const bytesWritten = Buffer.concat(pieces).copy(content, position, 0, 5)
    return { bytesWritten }
  }
  await writeAt({ writev }, [Buffer.from('abc'), Buffer.from('defgh'), Buffer.from('ij')], 1)
  expect(content.toString()).toBe('.abcdefghij.')
})
