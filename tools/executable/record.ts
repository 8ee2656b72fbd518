import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chunkLoader } from './chunks.ts'

/**
 * Runs the bundle from a folder as the executable would, and at exit writes the code cache of each chunk that was loaded:
 * `node record.ts CHUNKS CACHES ARG…`. Functions that ran are compiled in the cache, so later starts need not parse them;
 * a run starts from the caches of the runs before, so that they add up.
 */
const [chunks, caches, ...args] = process.argv.slice(2) as [string, string, ...string[]]
process.argv.splice(2, process.argv.length, ...args)
mkdirSync(caches, { recursive: true })

const cacheFile = (name: string) => join(caches, `${name}.cache`)

const { load, loaded } = chunkLoader({
  code: (name) => readFileSync(join(chunks, name)),
  cache: (name) => (existsSync(cacheFile(name)) ? readFileSync(cacheFile(name)) : undefined),
})

process.on('exit', () => {
  for (const [name, { script }] of loaded) {
    const partial = `${cacheFile(name)}.${process.pid}`
    writeFileSync(partial, script.createCachedData())
    renameSync(partial, cacheFile(name))
  }
})

load('main.cjs')
