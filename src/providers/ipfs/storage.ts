import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileCache } from '#contracts/file-cache.ts'
import type { PrepareContext, PreparedInput, Storage } from '#contracts/storage.ts'
import type { Verdict } from '#contracts/verdict.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'
import type { Blocks } from './blocks.ts'
import { decodeIpfsSource } from './source.ts'

/** More files and folders than an input has: a few blocks can name themselves again and again. */
const mostEntries = 1_000_000

/** Files and folders of IPFS by their content ids [R184] [R185]. */
export class IpfsStorage implements Storage {
  readonly types = ['ipfs']
  readonly #blocks: Blocks
  readonly #cache: FileCache | undefined

  constructor(blocks: Blocks, cache: FileCache | undefined) {
    this.#blocks = blocks
    this.#cache = cache
  }

  isInstalled(signal: AbortSignal): Promise<Verdict> {
    return this.#blocks.isInstalled(signal)
  }

  /** The node of IPFS has what it was asked for before, and what it keeps for others. */
  async isLocal(spec: SpecConfig, signal: AbortSignal): Promise<boolean> {
    const { CID } = await import('multiformats/cid')
    return this.#blocks.has(CID.decode(decodeIpfsSource(spec).cidBytes), signal)
  }

  /** Of a folder it is what the folder itself says, which nobody checks before it is fetched. */
  async sizeBytes(spec: SpecConfig, _share: unknown, signal: AbortSignal): Promise<number> {
    const { contentSize } = await import('./content-size.ts')
    return contentSize(this.#blocks, decodeIpfsSource(spec), signal)
  }

  async prepare(input: InputSource, context: PrepareContext, signal: AbortSignal): Promise<PreparedInput> {
    const source = decodeIpfsSource(input.Source)
    const { bringContent } = await import('./bring.ts')
    const hostPath = join(context.directory, 'content')
    const limits = { totalBytes: context.limitBytes, fileBytes: context.limitBytes, entries: mostEntries }
    try {
      const parts = { blocks: this.#blocks, limits, ...(this.#cache && { cache: this.#cache }) }
      const came = await bringContent(parts, source, hostPath, signal)
      return { input, hostPath, ...came, guestPath: input.Target, isReadOnly: true }
    } catch (error) {
      for (const name of await readdir(context.directory)) {
        await rm(join(context.directory, name), { recursive: true, force: true })
      }
      throw error
    }
  }
}
