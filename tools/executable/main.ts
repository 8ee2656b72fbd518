import { getRawAsset } from 'node:sea'
import { chunkLoader } from './chunks.ts'

/** The main script of the single executable file: everything else is an asset, loaded where it is used. */
const cached = new Set(JSON.parse(asset('cached.json').toString()) as string[])

chunkLoader({
  code: asset,
  cache: (name) => (cached.has(name) ? asset(`${name}.cache`) : undefined),
}).load('main.cjs')

function asset(name: string): Buffer {
  return Buffer.from(getRawAsset(name))
}
