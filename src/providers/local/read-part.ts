import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import type { ResultPart } from '#contracts/publisher.ts'

/** Another result has another one. */
export const tagOf = ({ size, mtimeMs }: Stats): string => `${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`

/** A piece of a file; undefined when there is none of that name. No link is followed. */
export async function readPart(path: string, offset: number, limitBytes: number): Promise<ResultPart | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return undefined
    throw error
  })
  if (!file) return undefined
  try {
    const info = await file.stat()
    if (!info.isFile()) return undefined
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(limitBytes, info.size - offset)))
    let filled = 0
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled)
      if (bytesRead === 0) throw new Error('a kept result became shorter while it was read')
      filled += bytesRead
    }
    return { bytes, sizeBytes: info.size, tag: tagOf(info) }
  } finally {
    await file.close()
  }
}
