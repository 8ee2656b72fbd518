import { hash } from 'node:crypto'
import type { ChunkList } from './upload.ts'

/** The same list has the same text everywhere. */
export const chunkListText = ({ Form, IsExecutable, Chunks }: ChunkList): string =>
  JSON.stringify({ Form, IsExecutable, Chunks: Chunks.map(({ SHA256, SizeBytes }) => ({ SHA256, SizeBytes })) })

/** The id of an upload: the digest of its list's text, which names every byte of it. */
export const uploadIdOf = (list: ChunkList): string => hash('sha256', chunkListText(list))
