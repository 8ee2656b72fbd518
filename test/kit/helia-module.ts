import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A module as an operator writes it for a Helia node; in place of the package, a node in memory that knows no others. */
export function heliaModule(folder: string): string {
  const path = join(folder, 'helia.mjs')
  writeFileSync(
    path,
    `export default function () {
  const blocks = new Map()
  const pins = new Set()
  const key = (cid) => Buffer.from(cid.multihash.bytes).toString('hex')
  const never = (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  return {
    blockstore: {
      async *get(cid, { signal }) {
        signal.throwIfAborted()
        yield blocks.get(key(cid)) ?? (await never(signal))
      },
      has: async (cid) => blocks.has(key(cid)),
      put: async (cid, bytes) => void blocks.set(key(cid), bytes),
    },
    pins: {
      async *add(cid) {
        if (pins.has(key(cid))) throw Object.assign(new Error('Already pinned'), { name: 'AlreadyPinnedError' })
        pins.add(key(cid))
        yield cid
      },
    },
  }
}
`,
  )
  return path
}
