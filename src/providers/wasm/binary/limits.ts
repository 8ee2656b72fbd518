import { type ByteReader, encodeU32 } from './byte-reader.ts'
import { InvalidModule } from './invalid-module.ts'

/** Size of a memory (pages of 64 KiB) or of a table (entries). */
export type Limits = { min: number; max: number | undefined }

export const pageBytes = 65_536
/** 4 GiB, all that 32-bit pointers reach. */
export const pageLimit = 65_536

export function readMemoryLimits(reader: ByteReader): Limits {
  const flags = reader.u8()
  if (flags & 0x04) throw new InvalidModule('memory64 is not supported')
  if (flags & 0x02) throw new InvalidModule('shared memory (threads) is not supported')
  const limits = readLimits(reader, flags)
  if (limits.min > pageLimit || (limits.max ?? 0) > pageLimit) {
    throw new InvalidModule('memory size must be at most 65536 pages (4GiB)')
  }
  return limits
}

export function readTableLimits(reader: ByteReader): Limits {
  const flags = reader.u8()
  if (flags & 0x04) throw new InvalidModule('table64 is not supported')
  return readLimits(reader, flags)
}

function readLimits(reader: ByteReader, flags: number): Limits {
  if (flags > 1) throw new InvalidModule('limits of this kind are not supported')
  const min = reader.u32()
  const max = flags === 1 ? reader.u32() : undefined
  if (max !== undefined && max < min) throw new InvalidModule('size minimum must not be greater than maximum')
  return { min, max }
}

export const encodeLimits = ({ min, max }: Limits): number[] =>
  max === undefined ? [0, ...encodeU32(min)] : [1, ...encodeU32(min), ...encodeU32(max)]
