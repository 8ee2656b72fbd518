import { opendir } from 'node:fs/promises'
import { byteEntries, namesAsBytes } from '#lib/byte-path.ts'

/** What is in a folder, many at a time; also where a name is no text. */
export const openFolder = async (path: string | Buffer) =>
  byteEntries(await opendir(path, { ...namesAsBytes, bufferSize: 1_024 }))
