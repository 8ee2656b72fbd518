import type { Readable } from 'node:stream'
import type { ResultPart } from './publisher.ts'

/** Bounds of an archive; what goes beyond is a Fault ResourceExhausted. */
export type UnpackLimits = { totalBytes: number; fileBytes: number; entries: number }

/**
 * Unpacks a gzip tar into an existing folder. No entry leaves it, neither by its name nor through a link; an archive that tries
 * is refused as a whole (Fault BadRequest). Devices and pipes are left out. Nothing of it is left in the folder on failure.
 */
export type UnpackArchive = (
  source: Readable,
  directory: string,
  limits: UnpackLimits,
  signal: AbortSignal,
) => Promise<void>

/** A folder as the bytes of a tar archive, its own entry `.` first; no link is followed, and those that lead out are left out. */
export type PackFolder = (root: string) => Readable

/** Packs a folder as a gzip tar under a name; there is the whole of it there, synced, or what was there before. */
export type WriteArchive = (directory: string, path: string, signal: AbortSignal) => Promise<void>

/** A piece of a plain file; undefined when there is none of that name. No link is followed. */
export type ReadPart = (path: string, offset: number, limitBytes: number) => Promise<ResultPart | undefined>
