import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { IsWanted, UnpackLimits } from '#contracts/archive.ts'
import type { Downloader, DownloadProgress } from '#contracts/downloader.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { Blocks } from './blocks.ts'
import { decodeIpfsSource } from './source.ts'

const stage = '.content'

/** Fetches results by their content ids [R191]. */
export class IpfsDownloader implements Downloader {
  readonly types = ['ipfs']
  readonly #blocks: Blocks
  readonly #limits: UnpackLimits

  constructor(blocks: Blocks, limits: UnpackLimits) {
    this.#blocks = blocks
    this.#limits = limits
  }

  /** The total is what a folder says that it takes in IPFS, a little more than its files; unknown of a part of it. */
  async download(
    result: SpecConfig,
    directory: string,
    progress: DownloadProgress,
    signal: AbortSignal,
    isWanted?: IsWanted,
  ): Promise<void> {
    const source = decodeIpfsSource(result)
    const staged = join(directory, stage)
    try {
      const [{ bringContent }, { contentSize }] = await Promise.all([import('./bring.ts'), import('./content-size.ts')])
      const totalBytes = isWanted ? undefined : await contentSize(this.#blocks, source, signal)
      let receivedBytes = 0
      const onBytes = (bytes: number) => progress((receivedBytes += bytes), totalBytes)
      const { kind } = await bringContent(
        { blocks: this.#blocks, limits: this.#limits, onBytes, isWanted },
        source,
        staged,
        signal,
      )
      if (kind === 'file') return await rename(staged, join(directory, source.names.at(-1) ?? source.text))
      for (const name of await readdir(staged)) await rename(join(staged, name), join(directory, name))
      await rm(staged, { recursive: true })
    } catch (error) {
      for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true })
      throw signal.aborted ? signal.reason : error
    }
  }
}
