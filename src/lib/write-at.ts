type File = { writev(pieces: readonly Uint8Array[], position: number): Promise<{ bytesWritten: number }> }

/** Writes all of the pieces at a place of a file: of a disk that is nearly full the system takes a part, and only the next write fails. */
export async function writeAt(file: File, pieces: readonly Uint8Array[], position: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces, position)
  const isWhole = bytesWritten === pieces.reduce((sum, { length }) => sum + length, 0)
  if (!isWhole) await writeAt(file, [Buffer.concat(pieces).subarray(bytesWritten)], position + bytesWritten)
}
