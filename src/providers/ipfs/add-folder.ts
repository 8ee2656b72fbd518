import { constants } from 'node:fs'
import { open, readdir, readlink, realpath } from 'node:fs/promises'
import { join, relative } from 'node:path'
import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { type ImporterOptions, importByteStream, importer, type WritableStorage } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import type { OnLeftOut } from '#contracts/archive.ts'
import { Fault } from '#lib/fault.ts'
import { badName, type FolderEntry, folderEntries } from '#lib/folder-entries.ts'
import { sideBySide } from '#lib/side-by-side.ts'
import type { Blocks } from './blocks.ts'
import { staysInside } from './inside.ts'

type BlockStore = Pick<Blocks, 'put'>
/** `size`: what it and all below it takes in IPFS. */
type Added = { name: string; cid: CID; size: bigint }

/** As `ipfs add --cid-version 1` does it: blocks of 256 KiB, at most 174 of them below one. */
const likeKubo: ImporterOptions = {
  profile: 'unixfs-v0-2015',
  cidVersion: 1,
  rawLeaves: true,
  blockWriteConcurrency: 4,
}
const readBytes = 256 * 1024
const filesAtOnce = 4

/**
 * Puts a folder into IPFS and gives its id, which is the same wherever the same is put there. Links are not followed: those that stay
 * inside are kept as links, those that lead out or in a circle are left out; so are pipes, sockets, devices and names that are no UTF-8.
 * `onLeftOut` is told of them. Nothing keeps the blocks yet.
 */
export async function addFolder(
  blocks: BlockStore,
  directory: string,
  signal: AbortSignal,
  onLeftOut: OnLeftOut = () => {},
): Promise<CID> {
  const leaveOut: OnLeftOut = (path, why) => onLeftOut(relative(directory, path), why)
  return (await new Adding(blocks, signal, leaveOut).folder(directory, '', 0)).cid
}

class Adding {
  readonly #blocks: BlockStore
  readonly #store: WritableStorage
  readonly #signal: AbortSignal
  /** By its path. */
  readonly #leaveOut: OnLeftOut

  constructor(blocks: BlockStore, signal: AbortSignal, leaveOut: OnLeftOut) {
    this.#blocks = blocks
    this.#signal = signal
    this.#leaveOut = leaveOut
    this.#store = {
      put: async (cid, bytes) =>
        this.#put(cid, bytes instanceof Uint8Array ? bytes : Buffer.concat(await Array.fromAsync(bytes))),
    }
  }

  async folder(path: string, name: string, depth: number): Promise<Added> {
    const added: Added[] = []
    const found = await readdir(path, { withFileTypes: true, encoding: 'buffer' })
    const entries = folderEntries(found, (each) => this.#leaveOut(join(path, each), badName))
    const ofKind = (kind: FolderEntry['kind']) => entries.filter((entry) => entry.kind === kind)
    for (const each of ofKind('folder')) added.push(await this.folder(join(path, each.name), each.name, depth + 1))
    await sideBySide(ofKind('file'), filesAtOnce, this.#signal, async (each) => {
      added.push(await this.#file(join(path, each.name), each.name))
    })
    for (const each of ofKind('link')) {
      const place = join(path, each.name)
      const target = await readlink(place)
      if (!staysInside(target, depth)) this.#leaveOut(place, 'it leads out of the folder')
      else if (await leadsInCircle(place)) this.#leaveOut(place, 'it leads in a circle')
      else added.push(await this.#link(target, each.name))
    }
    for (const each of ofKind('other')) this.#leaveOut(join(path, each.name), 'it is neither a file nor a folder')
    return this.#folderOf(added, name)
  }

  async #file(path: string, name: string): Promise<Added> {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const content = file.createReadStream({ autoClose: false, highWaterMark: readBytes })
      const { cid, size } = await importByteStream(content, this.#store, { ...likeKubo })
      return { name, cid, size }
    } finally {
      await file.close()
    }
  }

  async #link(target: string, name: string): Promise<Added> {
    const data = new UnixFS({ type: 'symlink', data: Buffer.from(target) }).marshal()
    const bytes = dagPb.encode(dagPb.prepare({ Data: data, Links: [] }))
    const cid = CID.createV1(dagPb.code, await sha256.digest(bytes))
    await this.#put(cid, bytes)
    return { name, cid, size: BigInt(bytes.length) }
  }

  /** The importer makes one folder, spread over several blocks when it is large, of entries that are there. */
  async #folderOf(entries: readonly Added[], name: string): Promise<Added> {
    const dagBuilder: ImporterOptions['dagBuilder'] = async function* () {
      for (const each of entries) yield async () => ({ ...each, path: each.name })
    }
    const options = { ...likeKubo, dagBuilder, wrapWithDirectory: true }
    let root: Added | undefined
    for await (const { cid, size } of importer([], this.#store, options)) root = { name, cid, size }
    if (!root) throw new Fault('InternalError', 'a folder without an id')
    return root
  }

  async #put(cid: CID, bytes: Uint8Array): Promise<CID> {
    this.#signal.throwIfAborted()
    await this.#blocks.put(cid, bytes, this.#signal)
    return cid
  }
}

const leadsInCircle = (link: string): Promise<boolean> =>
  realpath(link).then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === 'ELOOP',
  )
