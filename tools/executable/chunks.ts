import { isAscii } from 'node:buffer'
import { createRequire } from 'node:module'
import { Script } from 'node:vm'

/** Where chunks come from: assets of the executable, or a folder while their code caches are recorded. */
export type ChunkSource = {
  code(name: string): Buffer
  /** V8's compiled form of that very code, if there is one. */
  cache(name: string): Buffer | undefined
}

export type Chunk = {
  exports: Record<string, unknown>
  script: Script
  /** Stands for `import('node:…')`: a script cannot import, and requiring a built-in is faster anyway. */
  importBuiltin(name: string): Promise<Record<string, unknown>>
}

type ChunkFunction = (
  exports: unknown,
  require: (id: string) => unknown,
  module: Chunk,
  file: string,
  folder: string,
) => void

const builtin = createRequire(process.execPath)

/**
 * A small `require` for the chunks rolldown makes. A chunk is compiled when something first asks for it, from its code
 * cache when that fits this V8; packages that are not part of the bundle are looked for beside the executable.
 */
export function chunkLoader(source: ChunkSource) {
  const loaded = new Map<string, Chunk>()

  const requireFrom = (id: string): unknown => (id.startsWith('./') ? load(id.slice(2)) : builtin(id))

  const importBuiltin = async (name: string) => {
    const exports = builtin(name) as Record<string, unknown>
    return { default: exports, ...exports }
  }

  function load(name: string): unknown {
    const known = loaded.get(name)
    if (known) return known.exports
    const script = compile(name, source)
    const chunk: Chunk = { exports: {}, script, importBuiltin }
    loaded.set(name, chunk)
    const run = script.runInThisContext() as ChunkFunction
    run(chunk.exports, requireFrom, chunk, `/bacalhau/${name}`, '/bacalhau')
    return chunk.exports
  }

  return { load, loaded: loaded as ReadonlyMap<string, Chunk> }
}

function compile(name: string, source: ChunkSource): Script {
  const bytes = source.code(name)
  const code = isAscii(bytes) ? bytes.toString('latin1') : bytes.toString()
  const cachedData = source.cache(name)
  return new Script(code, { filename: `bacalhau/${name}`, ...(cachedData && { cachedData }) })
}
