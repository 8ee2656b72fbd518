import { createWriteStream } from 'node:fs'
import { lstat, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CID } from 'multiformats/cid'
import type { IsWanted, UnpackLimits } from '#contracts/archive.ts'
import type { FileCache, FileOrigin } from '#contracts/file-cache.ts'
import { Fault } from '#lib/fault.ts'
import { sideBySide } from '#lib/side-by-side.ts'
import type { Blocks } from './blocks.ts'
import { contentFault, ipfsFault } from './faults.ts'
import { fileContent } from './file-content.ts'
import { isEntryName, staysInside } from './inside.ts'
import { type Node, nodeOf } from './node.ts'
import { resolveNames } from './resolve-names.ts'
import type { IpfsSource } from './source.ts'

export type BringParts = {
  blocks: Blocks
  /** Absent = every file comes from IPFS. */
  cache?: FileCache
  limits: UnpackLimits
  /** Told of bytes as they come. */
  onBytes?: (bytes: number) => void
  /** What else a folder has is not fetched; absent = all is wanted. */
  isWanted?: IsWanted | undefined
}

/** `depth` counts the folders between the root and what lies at `path`. */
type Place = { cid: CID; path: string; depth: number; isShard?: true }

/** Files and folders that are on their way at once. */
const mostAtOnce = 8

/**
 * Writes what an address stands for to `path`, where nothing is yet, and says what it was and how its files came. Every block is checked against its name;
 * nothing is written outside of the path, and no more than the limits allow. The caller removes what is there after a Fault.
 */
export async function bringContent(
  parts: BringParts,
  source: IpfsSource,
  path: string,
  signal: AbortSignal,
): Promise<{ kind: 'file' | 'directory'; origins: Set<FileOrigin> }> {
  const what = `ipfs://${source.text}`
  try {
    const root = await resolveNames(parts.blocks, CID.decode(source.cidBytes), source, signal)
    const work = new Bringing(parts, what, path)
    await sideBySide<Place>([{ cid: root, path, depth: 0 }], mostAtOnce, signal, (place, either, add) =>
      work.bring(place, add, either),
    )
    return { kind: (await lstat(path)).isDirectory() ? 'directory' : 'file', origins: work.origins }
  } catch (error) {
    throw signal.aborted ? signal.reason : ipfsFault(error, what)
  }
}

class Bringing {
  readonly origins = new Set<FileOrigin>()
  readonly #parts: BringParts
  readonly #what: string
  readonly #root: string
  #entries = 0
  #totalBytes = 0

  constructor(parts: BringParts, what: string, root: string) {
    this.#parts = parts
    this.#what = what
    this.#root = root
  }

  async bring(place: Place, add: (place: Place) => void, signal: AbortSignal): Promise<void> {
    const { cid, path } = place
    this.#countEntry()
    // Version and base of an id do not change what it stands for.
    const key = JSON.stringify(['ipfs', cid.toV1().toString()])
    if (await this.#parts.cache?.give(key, path, signal)) {
      this.origins.add('kept')
      return this.#countBytes((await lstat(path)).size)
    }
    const node = nodeOf(cid, await this.#parts.blocks.get(cid, signal))
    if (node.kind === 'folder') return this.#makeFolder(node, place, add)
    if (node.kind === 'link') return this.#makeLink(node.target, place)
    this.#countBytes(node.sizeBytes)
    const write = () => this.#write(cid, node, path, signal)
    const origin = await this.#parts.cache?.file(key, path, write, signal)
    if (origin === undefined) await write()
    this.origins.add(origin ?? 'brought')
  }

  async #makeFolder(
    { entries, shards }: Extract<Node, { kind: 'folder' }>,
    { path, depth, isShard }: Place,
    add: (place: Place) => void,
  ): Promise<void> {
    if (!isShard) await mkdir(path)
    for (const { name, cid } of entries) {
      if (!isEntryName(name))
        throw contentFault(this.#what, `its entry ${JSON.stringify(name)} would lie outside of it`)
      const entry = join(path, name)
      if (this.#isWanted(entry, false)) add({ cid, path: entry, depth: depth + 1 })
    }
    for (const cid of shards) add({ cid, path, depth, isShard: true })
  }

  async #makeLink(target: string, { path, depth }: Place): Promise<void> {
    if (!this.#isWanted(path, true)) return
    if (depth > 0 && staysInside(target, depth - 1)) return symlink(target, path)
    throw contentFault(this.#what, `its link to ${JSON.stringify(target.slice(0, 200))} leads outside of it`)
  }

  #isWanted(path: string, isLink: boolean): boolean {
    return this.#parts.isWanted?.(relative(this.#root, path), isLink) ?? true
  }

  async #write(cid: CID, node: Extract<Node, { kind: 'file' }>, path: string, signal: AbortSignal): Promise<void> {
    // Most files are one block; a stream for each would cost more than the file.
    if (node.parts.length === 0) {
      this.#parts.onBytes?.(node.sizeBytes)
      return writeFile(path, node.data, { flag: 'wx' })
    }
    const content = this.#told(fileContent(this.#parts.blocks, cid, node, signal))
    await pipeline(Readable.from(content), createWriteStream(path, { flags: 'wx' }), { signal })
  }

  async *#told(content: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of content) {
      this.#parts.onBytes?.(bytes.length)
      yield bytes
    }
  }

  #countEntry(): void {
    const { entries } = this.#parts.limits
    if (++this.#entries > entries) throw this.#tooMuch(`has more than ${entries} files and folders`)
  }

  #countBytes(sizeBytes: number): void {
    const { totalBytes } = this.#parts.limits
    this.#totalBytes += sizeBytes
    if (this.#totalBytes > totalBytes) throw this.#tooMuch(`is larger than the ${totalBytes} bytes that it may take`)
  }

  #tooMuch(how: string): Fault {
    return new Fault('ResourceExhausted', `${this.#what} ${how}`, {
      hint: 'Ask for more disk in the Resources of the task',
      details: { FailureClass: 'resource' },
    })
  }
}
