import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chunkLoader } from './chunks.ts'

/**
 * Runs the program from the folder of its chunks, as the executable would, and at exit writes the code cache of each chunk that
 * was loaded. Functions that ran are compiled in the cache, so later starts need not parse them; a run starts from the caches of
 * the runs before, so that they add up. The bundle of this file lies beside the folders `chunks` and `caches`.
 */
const folder = import.meta.dirname
const cacheFile = (name: string) => join(folder, 'caches', `${name}.cache`)

const { load, loaded } = chunkLoader({
  code: (name) => readFileSync(join(folder, 'chunks', name)),
  cache: (name) => (existsSync(cacheFile(name)) ? readFileSync(cacheFile(name)) : undefined),
})

process.on('exit', () => {
  mkdirSync(join(folder, 'caches'), { recursive: true })
  for (const [name, { script }] of loaded) {
    const partial = `${cacheFile(name)}.${process.pid}`
    writeFileSync(partial, script.createCachedData())
    renameSync(partial, cacheFile(name))
  }
})

load('main.cjs')
