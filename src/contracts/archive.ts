import type { Readable } from 'node:stream'
import type { ArchiveBytes, ArchiveRest } from './archive-bytes.ts'
import type { ResultPart } from './publisher.ts'

/** Bounds of an archive; what goes beyond is a Fault ResourceExhausted. */
export type UnpackLimits = { totalBytes: number; fileBytes: number; entries: number }

/** Whether an entry is wanted, by its path as the archive has it; `isLink`: what it stands for is under another path. */
export type IsWanted = (path: string, isLink: boolean) => boolean

/**
 * Unpacks a tar, compressed or not, into an existing folder. No entry leaves it, neither by its name nor through a link; an archive that tries,
 * or has devices or pipes, is refused as a whole (Fault BadRequest). Nothing of it is left in the folder on failure.
 * What is not wanted is read and not written; absent = all is.
 */
export type UnpackArchive = (
  source: Readable,
  directory: string,
  limits: UnpackLimits,
  signal: AbortSignal,
  isWanted?: IsWanted,
) => Promise<void>

type OpenArchive = (rest: ArchiveRest | undefined) => Promise<ArchiveBytes>

export type ArchiveWishes = {
  /** Of the whole archive, in hex; absent = it is not known. */
  sha256?: string
  /** Of the archive, from where it is taken up on. */
  progress: (receivedBytes: number, totalBytes: number | undefined) => void
  signal: AbortSignal
  isWanted?: IsWanted | undefined
}

/**
 * Brings an archive, checks it, and unpacks it into an empty folder as UnpackArchive does. When the transfer breaks, or is broken
 * off, what has come stays beside the folder (`<directory>.archive`): a later call, also of another process, goes on there.
 */
export type BringArchive = (open: OpenArchive, directory: string, wishes: ArchiveWishes) => Promise<void>

/** Told of what does not go with the rest of a folder: its name there, and why. */
export type OnLeftOut = (name: string, why: string) => void

/** A folder as the bytes of a tar archive, its own entry `.` first; no link is followed, and those that lead out are left out. */
export type PackFolder = (root: string, choice?: { onLeftOut?: OnLeftOut }) => Readable

/** Packs a folder as a gzip tar under a name; there is the whole of it there, synced, or what was there before. */
export type WriteArchive = (
  directory: string,
  path: string,
  signal: AbortSignal,
  onLeftOut?: OnLeftOut,
) => Promise<void>

/** A piece of a plain file; undefined when there is none of that name. No link is followed. */
export type ReadPart = (path: string, offset: number, limitBytes: number) => Promise<ResultPart | undefined>
