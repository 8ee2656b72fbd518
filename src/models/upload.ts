import { largestChunkBytes } from '#lib/cut-chunks.ts'
import { Fault } from '#lib/fault.ts'
import { typeKey } from './spec-config.ts'
import type { InputSource, Task } from './task.ts'

/** A part of something large, named by what is in it: SHA-256 in hex. */
export type Chunk = { SHA256: string; SizeBytes: number }
/** A file, or a folder as a tar archive, as its chunks in their order. */
export type ChunkList = { Form: 'file' | 'folder'; IsExecutable: boolean; Chunks: Chunk[] }

export const uploadType = 'upload'
export const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

export const uploadBytes = ({ Chunks }: Pick<ChunkList, 'Chunks'>): number =>
  Chunks.reduce((sum, { SizeBytes }) => sum + SizeBytes, 0)

type Read<Value> = { [Name in keyof Value]?: Value[Name] extends string ? string : Value[Name] }

/** A list that came from elsewhere. Throws a Fault BadRequest when it is none. */
export function checkedChunkList(
  given: Partial<{ Form: string; IsExecutable: boolean; Chunks: (Read<Chunk> | null)[] }> | undefined,
): ChunkList {
  const { Form, IsExecutable = false, Chunks = [] } = given ?? {}
  const isChunk = (each: Read<Chunk> | null): each is Chunk =>
    isDigest(each?.SHA256 ?? '') && isChunkSize(each?.SizeBytes)
  if ((Form === 'file' || Form === 'folder') && Chunks.every(isChunk)) return { Form, IsExecutable, Chunks }
  throw new Fault('BadRequest', 'this is no list of the chunks of an upload', {
    hint: `Form is file or folder; a chunk has its SHA256 in hex and 1 to ${largestChunkBytes} bytes.`,
  })
}

const isChunkSize = (sizeBytes = 0): boolean =>
  Number.isInteger(sizeBytes) && sizeBytes > 0 && sizeBytes <= largestChunkBytes

/** The inputs of a task that were, or are to be, sent with the job. */
export const uploadsOf = ({ InputSources }: Pick<Task, 'InputSources'>): InputSource[] => InputSources.filter(isUpload)

export const isUpload = ({ Source }: InputSource): boolean => typeKey(Source.Type) === uploadType
