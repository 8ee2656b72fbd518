import { mkdir, open, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { PreparedInput, Storage } from '#contracts/storage.ts'
import { off, type Verdict, yes } from '#contracts/verdict.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'
import { type AllowedPath, accessTo, parseAllowedPath } from './allow-list.ts'
import { decodeLocalSource, type LocalSource, localTypes } from './source.ts'

/** Only the owner may use what a job had made here. */
const madeMode = 0o700
const allowListHint = 'The operator of the node lists what jobs may use in Compute.AllowListedLocalPaths'

/**
 * Files and folders that are on this node, mounted as they are. What counts is where a path really leads,
 * after every link in it: neither `..` nor a link leaves what the operator allowed [R179–R182].
 */
export class LocalStorage implements Storage {
  readonly types = localTypes
  readonly #allowed: readonly AllowedPath[]

  constructor(allowedPaths: readonly string[]) {
    this.#allowed = allowedPaths.map(parseAllowedPath).filter(({ pattern }) => pattern !== '')
  }

  async isInstalled(): Promise<Verdict> {
    return this.#allowed.length > 0 ? yes : off('no local path is allowed on this node', allowListHint)
  }

  async isLocal(source: SpecConfig): Promise<boolean> {
    return this.#placeOf(decodeLocalSource(source)).then(
      () => true,
      () => false,
    )
  }

  /** Nothing is copied. */
  async sizeBytes(source: SpecConfig): Promise<number> {
    await this.#placeOf(decodeLocalSource(source))
    return 0
  }

  async prepare(input: InputSource): Promise<PreparedInput> {
    const source = decodeLocalSource(input.Source)
    const place = await this.#placeOf(source)
    if (!place.isThere) await create(place.path, source)
    // Looked at again: what was made, or changed since, may lie elsewhere than it seemed.
    const { path } = await this.#placeOf({ ...source, CreateAs: 'noCreate' })
    const info = await stat(path)
    if (!info.isFile() && !info.isDirectory())
      throw refused(`volume ${source.SourcePath} is neither a file nor a folder`)
    const kind = info.isFile() ? 'file' : 'directory'
    return { input, hostPath: path, kind, guestPath: input.Target, isReadOnly: !source.ReadWrite }
  }

  /** Where the source really is, or will be when it is made; throws a Fault when it may not be used. */
  async #placeOf(source: LocalSource): Promise<{ path: string; isThere: boolean }> {
    const place = await realPlace(resolve(source.SourcePath))
    const access = await accessTo({ path: place.path, isWritable: source.ReadWrite }, this.#allowed, realPathOf)
    if (access === 'denied') throw refused('volume not in allowed paths', allowListHint)
    if (access === 'read-only') {
      throw refused(`volume ${source.SourcePath} is not granted write access`, allowListHint)
    }
    if (place.isThere) return place
    if (source.CreateAs === 'noCreate' || !source.ReadWrite) {
      throw refused('volume does not exist', 'To have it made, set ReadWrite to true and CreateAs to dir or file')
    }
    return place
  }
}

/** The real place of a path; of one that is not there, the real place of the folders above it and the names below. */
async function realPlace(path: string): Promise<{ path: string; isThere: boolean }> {
  const real = await realPathOf(path)
  if (real !== undefined) return { path: real, isThere: true }
  const above = await realPlace(dirname(path))
  return { path: join(above.path, basename(path)), isThere: false }
}

async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw refused(`could not access volume at ${path}: ${messageOf(error)}`)
  }
}

async function create(path: string, source: LocalSource): Promise<void> {
  try {
    if (source.CreateAs === 'dir') {
      await mkdir(path, { recursive: true, mode: madeMode })
      return
    }
    await mkdir(dirname(path), { recursive: true, mode: madeMode })
    await (await open(path, 'wx', madeMode)).close()
  } catch (error) {
    throw refused(`could not create source ${source.CreateAs} at ${source.SourcePath}: ${messageOf(error)}`)
  }
}

/** Another node may allow it, or have it. */
const refused = (message: string, hint?: string): Fault =>
  new Fault('Forbidden', message, { details: { FailureClass: 'node' }, ...(hint && { hint }) })
