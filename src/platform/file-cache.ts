import { hash } from 'node:crypto'
import { constants, linkSync, statSync } from 'node:fs'
import { copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileCache, FileOrigin } from '#contracts/file-cache.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, isDiskFull } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { orAborted } from '#lib/or-aborted.ts'
import { Rounds, restForAge } from '#lib/rounds.ts'

export type FileCacheParts = {
  /** On the file system of the inputs, so that files are shared and not copied. */
  root: string
  /** Changes with each start of the machine: what was not yet on the disk when its power went is not trusted. */
  bootId: string
  clock: Clock
  /** 0 = nothing is kept. */
  maxBytes: number
  /** How long a file stays after its last use; 0 = until there is no room. */
  keptMs: number
  onError: (error: unknown) => void
}

/**
 * Where it has come to, or what would break for whoever tries next, too: a server that says nothing lets each of them wait as long, one
 * after another.
 */
type Came = { path?: string; broken?: { error: unknown } }
type Kept = { sizeBytes: number; usedMs: number }

/**
 * Files by the digest of their key, as links to one inode: what leaves the cache stays with the executions that use it. The least
 * recently used go first. A file is here under its name only when it is whole.
 */
export class DiskFileCache implements FileCache, Startable {
  readonly #parts: FileCacheParts
  readonly #folder: string
  readonly #rounds: Rounds
  /** By name, the least recently used first. */
  readonly #kept = new Map<string, Kept>()
  readonly #coming = new Map<string, Promise<Came>>()
  #totalBytes = 0
  #ready: Promise<void> = Promise.resolve()

  constructor(parts: FileCacheParts) {
    this.#parts = parts
    this.#folder = join(parts.root, parts.bootId)
    this.#rounds = new Rounds(parts.clock, () => this.#sweep())
  }

  /** Takes up what an earlier process of this start of the machine has kept; nobody waits for that but who asks for a file. */
  async start(): Promise<void> {
    this.#ready = this.#takeUp().catch(this.#parts.onError)
    if (this.#parts.keptMs > 0) this.#rounds.start()
  }

  async stop(): Promise<void> {
    await this.#rounds.stop()
    await this.#ready
  }

  async #takeUp(): Promise<void> {
    const { root, bootId, maxBytes } = this.#parts
    await mkdir(root, { recursive: true, mode: 0o700 })
    for (const name of await readdir(root)) {
      if (name !== bootId || maxBytes === 0) await rm(join(root, name), { recursive: true, force: true })
    }
    if (maxBytes === 0) return
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const found = await Promise.all((await readdir(this.#folder)).map((name) => this.#found(name)))
    // A link more is a change of the file: when it was last used.
    for (const { name, sizeBytes, usedMs } of found.toSorted((a, b) => a.usedMs - b.usedMs)) {
      this.#kept.set(name, { sizeBytes, usedMs })
      this.#totalBytes += sizeBytes
    }
    await this.#shrinkTo(this.#parts.maxBytes)
  }

  async file(key: string, path: string, bring: () => Promise<void>, signal: AbortSignal): Promise<FileOrigin> {
    await this.#ready
    const name = hash('sha256', key)
    let came: Came | undefined
    while (this.#coming.has(name)) {
      came = await this.#untilCome(name, signal)
      if (came?.broken) throw came.broken.error
    }
    const work = this.#linkOrBring(name, path, came?.path, bring)
    const coming = work.then(
      () => ({ path }),
      (error: unknown) => (signal.aborted || isOwn(error) ? {} : { broken: { error } }),
    )
    this.#coming.set(
      name,
      coming.finally(() => this.#coming.delete(name)),
    )
    return work
  }

  async give(key: string, path: string, signal: AbortSignal): Promise<boolean> {
    await this.#ready
    const name = hash('sha256', key)
    let came: Came | undefined
    while (this.#coming.has(name)) {
      came = await this.#untilCome(name, signal)
      if (came?.broken) throw came.broken.error
    }
    return this.#give(name, path, came?.path)
  }

  /** Keeps nothing any more of what it has; who uses it goes on. */
  async makeRoom(): Promise<void> {
    await this.#ready
    await this.#shrinkTo(0).catch(this.#parts.onError)
  }

  async #untilCome(name: string, signal: AbortSignal): Promise<Came | undefined> {
    const coming = this.#coming.get(name)
    return coming && orAborted(coming, signal)
  }

  async #linkOrBring(
    name: string,
    path: string,
    others: string | undefined,
    bring: () => Promise<void>,
  ): Promise<FileOrigin> {
    if (await this.#give(name, path, others)) return 'kept'
    await bring().catch(async (error: unknown) => {
      // The next attempt finds the room that what is only kept takes.
      if (isFull(error)) await this.makeRoom()
      throw error
    })
    await this.#keep(name, path).catch(this.#parts.onError)
    return 'brought'
  }

  /** `others` is where it has just come to for another: what is too large to be kept is shared by who waited for it. */
  async #give(name: string, path: string, others?: string): Promise<boolean> {
    const kept = this.#kept.get(name)
    const from = kept ? join(this.#folder, name) : others
    if (from === undefined) return false
    try {
      await linkOrCopy(from, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
      await rm(path, { force: true })
      if (kept) await this.#drop(name)
      return false
    }
    // It may have been dropped meanwhile.
    if (kept && this.#kept.delete(name)) {
      this.#kept.set(name, { ...kept, usedMs: this.#parts.clock.nowMs() })
    }
    return true
  }

  async #keep(name: string, path: string): Promise<void> {
    // It was written just now, so that nothing is waited for; of small files each question more to another thread would tell.
    const { size: sizeBytes } = statSync(path)
    if (sizeBytes > this.#parts.maxBytes || this.#parts.maxBytes === 0) return
    linkSync(path, join(this.#folder, name))
    this.#kept.set(name, { sizeBytes, usedMs: this.#parts.clock.nowMs() })
    this.#totalBytes += sizeBytes
    await this.#shrinkTo(this.#parts.maxBytes)
  }

  async #shrinkTo(maxBytes: number): Promise<void> {
    for (const name of this.#kept.keys()) {
      if (this.#totalBytes <= maxBytes) return
      await this.#drop(name)
    }
  }

  async #sweep(): Promise<number> {
    const { clock, keptMs, onError } = this.#parts
    for (const [name, { usedMs }] of this.#kept) {
      if (usedMs > clock.nowMs() - keptMs || this.#rounds.isStopped) break
      await this.#drop(name).catch(onError)
    }
    return restForAge(keptMs)
  }

  async #drop(name: string): Promise<void> {
    const kept = this.#kept.get(name)
    this.#kept.delete(name)
    this.#totalBytes -= kept?.sizeBytes ?? 0
    await rm(join(this.#folder, name), { force: true })
  }

  async #found(name: string): Promise<Kept & { name: string }> {
    const { size, ctimeMs } = await stat(join(this.#folder, name))
    return { name, sizeBytes: size, usedMs: ctimeMs }
  }
}

const isFull = (error: unknown): boolean =>
  isDiskFull(error) || (error instanceof Fault && error.code === 'StorageFull')

/** What was too much for one, or not what he asked for, may be right for another. */
const isOwn = (error: unknown): boolean => error instanceof Fault && !error.isRetryable

/** A file has only so many names. */
const linkOrCopy = (from: string, to: string): Promise<void> =>
  link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EMLINK') throw error
    return copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  })
