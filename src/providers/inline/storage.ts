import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { UnpackArchive } from '#contracts/archive.ts'
import type { InlineFile, PrepareContext, PreparedInput, Storage } from '#contracts/storage.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { decodeParams } from '#lib/params.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'
import { type DataUrl, parseDataUrl } from './data-url.ts'
import type { InlineSettings } from './settings.ts'

const inlineType = 'inline'
const archiveType = 'application/gzip'

/** Data that lies in the job itself: a file at the Target, or a packed folder. */
export class InlineStorage implements Storage {
  readonly types = [inlineType]
  readonly #settings: InlineSettings
  readonly #unpack: UnpackArchive

  constructor(settings: InlineSettings, unpack: UnpackArchive) {
    this.#settings = settings
    this.#unpack = unpack
  }

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  async isLocal(): Promise<boolean> {
    return true
  }

  /** Of an archive the bytes that come out of the compression. */
  async sizeBytes(source: SpecConfig): Promise<number> {
    const data = decodeInline(source)
    return data.mediaType === archiveType ? this.#unpackedBytes(data) : data.bytes.length
  }

  async prepare(input: InputSource, context: PrepareContext, signal: AbortSignal): Promise<PreparedInput> {
    const data = decodeInline(input.Source)
    const isArchive = data.mediaType === archiveType
    const hostPath = join(context.directory, isArchive ? 'content' : 'file')
    if (isArchive) await this.#unpackInto(hostPath, data, context.limitBytes, signal)
    else await writeFile(hostPath, within(data.bytes, context.limitBytes))
    const kind = isArchive ? 'directory' : 'file'
    return { input, hostPath, kind, guestPath: input.Target, isReadOnly: true }
  }

  inlineFile(input: InputSource, limitBytes: number): InlineFile | undefined {
    const { mediaType, bytes } = decodeInline(input.Source)
    if (mediaType === archiveType) return undefined
    return { input, guestPath: input.Target, bytes: within(bytes, limitBytes) }
  }

  async #unpackInto(path: string, data: DataUrl, limitBytes: number, signal: AbortSignal): Promise<void> {
    const { fileLimitBytes, totalLimitBytes, entryLimit } = this.#settings
    const totalBytes = Math.min(totalLimitBytes, limitBytes)
    await mkdir(path)
    await this.#unpack(
      Readable.from([data.bytes]),
      path,
      { totalBytes, fileBytes: fileLimitBytes, entries: entryLimit },
      signal,
    )
  }

  async #unpackedBytes(data: DataUrl): Promise<number> {
    let sizeBytes = 0
    try {
      for await (const chunk of Readable.from([data.bytes]).pipe(createGunzip())) {
        sizeBytes += (chunk as Buffer).length
        if (sizeBytes > this.#settings.totalLimitBytes) throw tooLarge(this.#settings.totalLimitBytes)
      }
    } catch (error) {
      if (error instanceof Fault) throw error
      throw new Fault('BadRequest', `cannot unpack the inline archive: ${messageOf(error)}`)
    }
    return sizeBytes
  }
}

function within(bytes: Buffer, limitBytes: number): Buffer {
  if (bytes.length > limitBytes) throw tooLarge(limitBytes)
  return bytes
}

const tooLarge = (limitBytes: number): Fault =>
  new Fault('ResourceExhausted', `the inline data takes more than ${limitBytes} bytes`, {
    hint: 'Ask for more disk in the Resources of the task',
  })

function decodeInline(source: SpecConfig): DataUrl {
  if (typeKey(source.Type) !== inlineType) {
    throw invalid(`invalid storage source type. expected ${inlineType}, but received: ${source.Type}`)
  }
  if (!source.Params || Object.keys(source.Params).length === 0) {
    throw invalid('invalid storage source params. cannot be nil')
  }
  const { URL: url } = decodeParams(source.Params, 'Source', { URL: 'string' })
  if (!url) throw invalid('invalid inline params: url cannot be empty')
  return parseDataUrl(url)
}

const invalid = (message: string): Fault => new Fault('ValidationError', message, { details: { FailureClass: 'user' } })
