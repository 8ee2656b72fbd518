import type { FileHandle } from 'node:fs/promises'

/** Writes all of the pieces at a place of a file: of a disk that is nearly full the system takes a part, and only the next write fails. */
export async function writeAt(
  file: Pick<FileHandle, 'write' | 'writev'>,
  pieces: readonly Uint8Array[],
  position: number,
): Promise<void> {
  const { bytesWritten } = await file.writev(pieces, position)
  const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0)
  if (bytesWritten === sizeBytes) return
  const bytes = Buffer.concat(pieces)
  for (let at = bytesWritten; at < sizeBytes; )
    at += (await file.write(bytes, at, sizeBytes - at, position + at)).bytesWritten
}
