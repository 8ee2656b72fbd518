import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { contentFault } from './faults.ts'

/** A stretch of a file that lies in another block. */
export type Part = { cid: CID; sizeBytes: number }
type Entry = { name: string; cid: CID; sizeBytes: number }

/** What a block means: part of a file or all of it, (part of) a folder, or a symbolic link. */
export type Node =
  | { kind: 'file'; sizeBytes: number; data: Uint8Array; parts: Part[] }
  /** A large folder is spread over blocks: `shards` are further ones of the same. */
  | { kind: 'folder'; entries: Entry[]; shards: CID[]; storedBytes: number }
  | { kind: 'link'; target: string }

const nothing = new Uint8Array()

/** Reads a block as the file system of IPFS (UnixFS) does; a Fault for anything else. */
export function nodeOf(cid: CID, block: Uint8Array): Node {
  if (cid.code === raw.code) return { kind: 'file', sizeBytes: block.length, data: block, parts: [] }
  if (cid.code !== dagPb.code) throw contentFault(`${cid}`, 'it is data of another kind than files and folders')
  const { Links: links, unixfs } = decoded(cid, block)
  switch (unixfs.type) {
    case 'raw':
    case 'file':
      return fileOf(cid, links, unixfs)
    case 'directory':
      return { kind: 'folder', entries: links.map(entryOf), shards: [], storedBytes: storedBytes(block, links) }
    case 'hamt-sharded-directory':
      return { ...shardOf(cid, links, unixfs), storedBytes: storedBytes(block, links) }
    case 'symlink':
      return { kind: 'link', target: Buffer.from(unixfs.data ?? nothing).toString() }
    default:
      throw contentFault(`${cid}`, `a ${unixfs.type} is neither file nor folder`)
  }
}

function decoded(cid: CID, block: Uint8Array): { Links: dagPb.PBLink[]; unixfs: UnixFS } {
  try {
    const { Data, Links } = dagPb.decode(block)
    return { Links, unixfs: UnixFS.unmarshal(Data ?? nothing) }
  } catch {
    throw contentFault(`${cid}`, 'it is data of another kind than files and folders')
  }
}

/** Parts without bytes add nothing and are not fetched. */
function fileOf(cid: CID, links: dagPb.PBLink[], unixfs: UnixFS): Node {
  const { blockSizes, data = nothing } = unixfs
  if (links.length !== blockSizes.length) throw contentFault(`${cid}`, 'its parts have no sizes')
  const parts = links.map(({ Hash }, i) => ({ cid: Hash, sizeBytes: Number(blockSizes[i]) }))
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, data.length)
  return { kind: 'file', sizeBytes, data, parts: parts.filter((part) => part.sizeBytes > 0) }
}

/** Names in a shard begin with the place of the entry in it; a name that is nothing else leads to a further shard. */
function shardOf(cid: CID, links: dagPb.PBLink[], { fanout }: UnixFS): { kind: 'folder' } & Shard {
  if (!fanout) throw contentFault(`${cid}`, 'a large folder in it is damaged')
  const placeLength = (fanout - 1n).toString(16).length
  const isShard = ({ Name = '' }: dagPb.PBLink) => Name.length === placeLength
  const entries = links.filter((link) => !isShard(link)).map(entryOf)
  return {
    kind: 'folder',
    entries: entries.map((entry) => ({ ...entry, name: entry.name.slice(placeLength) })),
    shards: links.filter(isShard).map(({ Hash }) => Hash),
  }
}

type Shard = { entries: Entry[]; shards: CID[] }

const entryOf = ({ Name = '', Hash, Tsize = 0 }: dagPb.PBLink): Entry => ({ name: Name, cid: Hash, sizeBytes: Tsize })

/** What a folder and all below it takes in IPFS, as it says itself. */
const storedBytes = (block: Uint8Array, links: dagPb.PBLink[]): number =>
  links.reduce((sum, { Tsize = 0 }) => sum + Tsize, block.length)
