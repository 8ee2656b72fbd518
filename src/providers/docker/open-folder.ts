import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'

/** What is in a folder, also where a name is no text. The types of Node do not know of this encoding here. */
export const openFolder = (path: Buffer): Promise<AsyncIterable<Dirent<Buffer>>> =>
  opendir(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 1_024 }) as unknown as Promise<
    AsyncIterable<Dirent<Buffer>>
  >
