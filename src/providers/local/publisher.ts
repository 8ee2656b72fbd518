import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { ReadPart, WriteArchive } from '#contracts/archive.ts'
import type { Publisher, PublishRequest, ResultPart, ResultQuery } from '#contracts/publisher.ts'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, isDiskFull, messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { Rounds, restForAge } from '#lib/rounds.ts'
import { resultName } from '#models/result-name.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { candidateAddresses, inUrl, outboundAddress } from './address.ts'
import { FileServer, isReachable } from './file-server.ts'
import type { LocalPublisherSettings } from './settings.ts'

export type LocalPublisherDeps = { clock: Clock; write: WriteArchive; read: ReadPart }

const suffix = '.tar.gz'
const unfinished = /\.part-[0-9a-f-]+$/
const reachTimeoutMs = 1_000

/**
 * Keeps results on this node and gives them out over HTTP [R186–R190]: one gzip tar each, named by its
 * execution, which is a name that nobody guesses. Start it before anything is published.
 */
export class LocalPublisher implements Publisher, Startable {
  readonly type = 'local'
  readonly #settings: LocalPublisherSettings
  readonly #deps: LocalPublisherDeps
  readonly #server: FileServer
  readonly #rounds: Rounds
  #address: string | undefined

  constructor(settings: LocalPublisherSettings, deps: LocalPublisherDeps) {
    const { ageMs } = settings.retention
    // A folder that cannot be read now is looked at again: whoever publishes is told of it.
    const again = () => restForAge(ageMs)
    this.#rounds = new Rounds(deps.clock, () => this.#retain().then(again, again))
    this.#settings = settings
    this.#deps = deps
    this.#server = new FileServer(settings.directory)
  }

  /** Port of the file server; 0 while it does not run. */
  get port(): number {
    return this.#server.port
  }

  /** Makes the folder, serves it, and finds the address that others are told: the first that answers. */
  async start(): Promise<void> {
    const { directory, address, port } = this.#settings
    await mkdir(directory, { recursive: true, mode: 0o700 })
    for (const name of await readdir(directory)) {
      if (unfinished.test(name)) await rm(join(directory, name), { force: true })
    }
    const candidates = candidateAddresses(address, networkInterfaces(), await outboundAddress())
    const isOnlyHere = candidates[0] === '127.0.0.1'
    await this.#server.start(isOnlyHere ? '127.0.0.1' : undefined, port)
    this.#address = await this.#firstReachable(candidates)
    if (this.#settings.retention.ageMs > 0) this.#rounds.start()
    else await this.#retain()
  }

  async stop(): Promise<void> {
    this.#address = undefined
    await this.#rounds.stop()
    await this.#server.stop()
  }

  async isInstalled(): Promise<Verdict> {
    return this.#address === undefined ? no('the file server for results does not run') : yes
  }

  async accepts(): Promise<Verdict> {
    return yes
  }

  async publish(request: PublishRequest, signal: AbortSignal): Promise<SpecConfig> {
    if (this.#address === undefined) throw new Fault('ServiceUnavailable', 'the file server for results does not run')
    const path = join(this.#settings.directory, resultName(request.executionId))
    try {
      await this.#deps.write(request.resultDirectory, path, signal, request.onLeftOut)
    } catch (error) {
      throw signal.aborted ? signal.reason : publishFault(error)
    }
    await this.#retain(path)
    const URL = `http://${inUrl(this.#address)}:${this.#server.port}/${resultName(request.executionId)}`
    return { Type: 'urlDownload', Params: { URL } }
  }

  readKept({ executionId, offset, limitBytes }: ResultQuery): Promise<ResultPart | undefined> {
    return this.#deps.read(join(this.#settings.directory, resultName(executionId)), offset, limitBytes)
  }

  /** What an operator named is taken without a test: it may be reachable from elsewhere only. */
  async #firstReachable(candidates: string[]): Promise<string> {
    if (candidates.length === 1) return candidates[0] as string
    for (const address of candidates) {
      if (await isReachable(address, this.#server.port, reachTimeoutMs)) return address
    }
    return '127.0.0.1'
  }

  /** Removes what is too old or too much, never `fresh` [R190]. */
  async #retain(fresh = ''): Promise<void> {
    const { ageMs, sizeBytes } = this.#settings.retention
    if (ageMs <= 0 && sizeBytes <= 0) return
    const kept = await this.#results()
    let totalBytes = kept.reduce((sum, each) => sum + each.sizeBytes, 0)
    for (const each of kept) {
      const isOld = ageMs > 0 && this.#deps.clock.nowMs() - each.modifyMs > ageMs
      const isTooMuch = sizeBytes > 0 && totalBytes > sizeBytes
      if (each.path === fresh || (!isOld && !isTooMuch)) continue
      await rm(each.path, { force: true })
      totalBytes -= each.sizeBytes
    }
  }

  /** The oldest first. */
  async #results(): Promise<{ path: string; sizeBytes: number; modifyMs: number }[]> {
    const names = (await readdir(this.#settings.directory)).filter((name) => name.endsWith(suffix))
    const found = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#settings.directory, name)
        const info = await stat(path).catch(() => undefined)
        return info && { path, sizeBytes: info.size, modifyMs: info.mtimeMs }
      }),
    )
    return found.filter((each) => each !== undefined).sort((a, b) => a.modifyMs - b.modifyMs)
  }
}

function publishFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const isFull = isDiskFull(error)
  return new Fault(
    isFull ? 'StorageFull' : 'ServiceUnavailable',
    `local publisher failed to write the result: ${messageOf(error)}`,
    {
      component: 'LocalPublisher',
      details: { FailureClass: 'node' },
      isRetryable: !isFull,
      cause: error,
    },
  )
}
