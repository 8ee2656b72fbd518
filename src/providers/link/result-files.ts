import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ReadPart } from '#contracts/archive.ts'
import type { ResultPart, ResultQuery } from '#contracts/publisher.ts'
import type { KeptResultFile, ResultStore } from '#contracts/result-store.ts'
import { Fault, isDiskFull } from '#lib/fault.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ResultOffer } from '#models/messages/messages.ts'
import { resultName } from '#models/result-name.ts'
import { sizeOf } from './size-of.ts'
import { synced, writeSynced } from './synced.ts'

export type ResultFilesParts = { directory: string; read: ReadPart }

const whole = '.tar.gz'
const digestFile = '.sha256'
const part = /^([A-Za-z0-9_-]{1,128})\.([0-9a-f]{64})\.part$/

/** Results of other nodes as files of the orchestrator's: `<execution>.tar.gz`, and while they come `<execution>.<digest>.part`. */
export class ResultFiles implements ResultStore {
  readonly #directory: string
  readonly #read: ReadPart

  constructor({ directory, read }: ResultFilesParts) {
    this.#directory = directory
    this.#read = read
  }

  async holds({ ExecutionID, SHA256, SizeBytes }: ResultOffer): Promise<boolean> {
    const path = this.#pathOf(ExecutionID)
    if ((await sizeOf(path)) !== SizeBytes) return false
    const known = await this.#read(path + digestFile, 0, 64)
    return known !== undefined && Buffer.from(known.bytes).toString('latin1') === SHA256
  }

  async receivedBytes(offer: ResultOffer): Promise<number> {
    return (await sizeOf(this.#partOf(offer))) ?? 0
  }

  async append(offer: ResultOffer, bytes: Uint8Array): Promise<void> {
    try {
      await appendFile(this.#partOf(offer), bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        await mkdir(this.#directory, { recursive: true, mode: 0o700 })
        return appendFile(this.#partOf(offer), bytes)
      }
      if (!isDiskFull(error)) throw error
      throw new Fault('StorageFull', 'the orchestrator has no room for the result', { isRetryable: true, cause: error })
    }
  }

  async finish(offer: ResultOffer): Promise<void> {
    const from = this.#partOf(offer)
    const to = this.#pathOf(offer.ExecutionID)
    if (offer.SizeBytes === 0) await this.append(offer, new Uint8Array())
    const got = await digestOf(from)
    if (got !== offer.SHA256) {
      await rm(from, { force: true })
      const text = `the result of ${offer.ExecutionID} came with the digest ${got} instead of ${offer.SHA256}`
      throw new Fault('Conflict', text, { isRetryable: true })
    }
    await writeSynced(to + digestFile, [Buffer.from(offer.SHA256)])
    await synced(from)
    await rename(from, to)
    await synced(this.#directory)
  }

  async read({ executionId, offset, limitBytes }: ResultQuery): Promise<ResultPart | undefined> {
    return this.#read(this.#pathOf(executionId), offset, limitBytes)
  }

  async list(): Promise<KeptResultFile[]> {
    const names = await this.#names()
    const found = names.flatMap((name) => {
      const executionId = name.endsWith(whole) ? name.slice(0, -whole.length) : part.exec(name)?.[1]
      return executionId === undefined ? [] : [{ name, executionId: executionId as ExecutionId }]
    })
    const looked = found.map(async ({ name, executionId }) => {
      const info = await stat(join(this.#directory, name)).catch(() => undefined)
      return info ? [{ executionId, writtenMs: info.mtimeMs, sizeBytes: info.size }] : []
    })
    return (await Promise.all(looked)).flat()
  }

  async remove(executionId: ExecutionId): Promise<void> {
    const path = this.#pathOf(executionId)
    const names = await this.#names()
    const parts = names
      .filter((name) => part.exec(name)?.[1] === executionId)
      .map((name) => join(this.#directory, name))
    for (const each of [path, path + digestFile, ...parts]) await rm(each, { force: true })
  }

  /** The folder is made with the first result. */
  #names(): Promise<string[]> {
    return readdir(this.#directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
  }

  #partOf({ ExecutionID, SHA256 }: ResultOffer): string {
    if (!/^[0-9a-f]{64}$/.test(SHA256)) throw new Fault('BadRequest', 'the digest is not one of SHA-256')
    const name = resultName(ExecutionID).slice(0, -whole.length)
    return join(this.#directory, `${name}.${SHA256}.part`)
  }

  #pathOf(executionId: ExecutionId): string {
    return join(this.#directory, resultName(executionId))
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
