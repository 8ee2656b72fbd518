import { hash } from 'node:crypto'
import { largestChunkBytes, leastChunkBytes } from '#lib/cut-chunks.ts'
import { Fault } from '#lib/fault.ts'

/** A part of something large, named by what is in it: SHA-256 in hex. */
export type Chunk = { SHA256: string; SizeBytes: number }
/** A file, or a folder as a tar archive, as its chunks in their order. */
export type ChunkList = { Form: 'file' | 'folder'; IsExecutable: boolean; Chunks: Chunk[] }

export const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

/** Chunks by their names, of which each is told as it comes. */
export async function namedChunks(
  chunks: AsyncIterable<Uint8Array>,
  onNamed: (chunk: Chunk) => void = () => {},
): Promise<Chunk[]> {
  const named: Chunk[] = []
  for await (const bytes of chunks) {
    const chunk = { SHA256: hash('sha256', bytes), SizeBytes: bytes.length }
    named.push(chunk)
    onNamed(chunk)
  }
  return named
}

/** The same list has the same text everywhere. */
export const chunkListText = ({ Form, IsExecutable, Chunks }: ChunkList): string =>
  JSON.stringify({ Form, IsExecutable, Chunks: Chunks.map(({ SHA256, SizeBytes }) => ({ SHA256, SizeBytes })) })

/** The digest of the list's text, which names every byte of what it lists. */
export const chunkListIdOf = (list: ChunkList): string => hash('sha256', chunkListText(list))

export const listedBytes = ({ Chunks }: Pick<ChunkList, 'Chunks'>): number =>
  Chunks.reduce((sum, { SizeBytes }) => sum + SizeBytes, 0)

/** Those of these names; each counts once, however often it stands there. */
export const namedBytes = ({ Chunks }: Pick<ChunkList, 'Chunks'>, digests: ReadonlySet<string>): number =>
  listedBytes({
    Chunks: [...new Map(Chunks.map((chunk) => [chunk.SHA256, chunk])).values()].filter(({ SHA256 }) =>
      digests.has(SHA256),
    ),
  })

/** The text of a list of something this large has no more bytes, where it was cut by `cutChunks`. */
export const mostListBytes = (sizeBytes: number): number => 256 + 128 * Math.ceil(sizeBytes / leastChunkBytes)

type Read<Value> = { [Name in keyof Value]?: Value[Name] extends string ? string : Value[Name] }

/** A list that came from elsewhere. Throws a Fault BadRequest when it is none. */
export function checkedChunkList(
  given: Partial<{ Form: string; IsExecutable: boolean; Chunks: (Read<Chunk> | null)[] }> | undefined,
): ChunkList {
  const { Form, IsExecutable = false, Chunks = [] } = given ?? {}
  const isChunk = (each: Read<Chunk> | null): each is Chunk =>
    isDigest(each?.SHA256 ?? '') && isChunkSize(each?.SizeBytes)
  if ((Form === 'file' || Form === 'folder') && Chunks.every(isChunk)) return { Form, IsExecutable, Chunks }
  throw new Fault('BadRequest', 'this is no list of chunks', {
    hint: `Form is file or folder; a chunk has its SHA256 in hex and 1 to ${largestChunkBytes} bytes.`,
  })
}

const isChunkSize = (sizeBytes = 0): boolean =>
  Number.isInteger(sizeBytes) && sizeBytes > 0 && sizeBytes <= largestChunkBytes
