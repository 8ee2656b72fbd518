import { field } from './outline.ts'
import { flag, int, list, struct, text } from './shape.schema.ts'

const chunkShape = struct('models', 'Chunk', {
  SHA256: field(text, 'Digest of the bytes, in hex: the name of the chunk.'),
  SizeBytes: field(int, 'How many they are, 1 to 4194304.'),
})

export const chunkListShape = struct('models', 'ChunkList', {
  Form: field(text, 'file: the bytes are its content. folder: they are a tar archive of it.'),
  IsExecutable: field(flag, 'Whether a file may be run.'),
  Chunks: field(list(chunkShape, null), 'What the bytes consist of, in their order.'),
})
