import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { ReadPart } from '#contracts/archive.ts'
import { fileTag } from '#lib/file-tag.ts'

export const readPart: ReadPart = async (path, offset, limitBytes) => {
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
    return { bytes, sizeBytes: info.size, tag: fileTag(info) }
  } finally {
    await file.close()
  }
}
