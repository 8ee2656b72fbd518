import type { ShownExecution } from '#api/decode/execution.ts'
import type { IsWanted } from '#contracts/archive.ts'
import type { DownloadProgress } from '#contracts/downloader.ts'
import { Fault, faultOf, messageOf } from '#lib/fault.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { bringArchive } from '#providers/bring-archive.ts'
import { resultDownloaders } from '#providers/downloaders.ts'
import type { Cli } from '../command.ts'
import { tell } from '../tell.ts'
import { whileAway } from './while-away.ts'

const downloadersOf = async (cli: Cli) => {
  const { settings } = await cli.load('client')
  const ipfsEndpoint = settings.ResultDownloaders.Types.IPFS.Endpoint
  return resultDownloaders({ clock: cli.clock, random: cli.random, environment: cli.env, ipfsEndpoint })
}

export const supportedTypes = async (cli: Cli): Promise<string[]> =>
  (await downloadersOf(cli)).flatMap(({ types }) => types.map((type) => type.toLowerCase()))

/**
 * Brings what executions have published: from where it is said to be, else, when a node may keep it, through the
 * orchestrator [R190]. Of those that lie at one address the first shows whether it can be reached; it is told once, and not
 * waited for again.
 */
export class PublishedResults {
  readonly #cli: Cli
  readonly #signal: AbortSignal
  readonly #isWanted: IsWanted | undefined
  /** Whether the first that was asked of a host came, as soon as something of it is here. */
  readonly #reached = new Map<string, Promise<boolean>>()
  readonly #told = new Set<string>()
  #downloaders: ReturnType<typeof downloadersOf> | undefined

  constructor(cli: Cli, signal: AbortSignal, isWanted?: IsWanted) {
    this.#cli = cli
    this.#signal = signal
    this.#isWanted = isWanted
  }

  /** Into an empty folder; on failure it is empty again. */
  async bring(
    spec: SpecConfig,
    owner: ShownExecution | undefined,
    folder: string,
    progress: DownloadProgress,
  ): Promise<void> {
    const through = (execution: ShownExecution) => this.#bringThroughOrchestrator(execution, folder, progress)
    if (owner?.PublishedResult?.Type.toLowerCase() === 'link') return through(owner)
    const host = hostOf(spec)
    if (host === undefined || owner === undefined) return this.#download(spec, folder, progress)
    const isReached = this.#reached.get(host)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    if (isReached === undefined) this.#reached.set(host, promise)
    else if (!(await isReached)) return through(owner)
    try {
      await this.#download(spec, folder, (...far) => {
        resolve(true)
        progress(...far)
      })
      resolve(true)
    } catch (error) {
      resolve(false)
      // What lacks room here, or would take too much of it, would do so by the other way too.
      const { code } = faultOf(error)
      if (this.#signal.aborted || code === 'StorageFull' || code === 'ResourceExhausted') throw error
      this.#tellUnreached(host, error)
      await through(owner)
    }
  }

  #tellUnreached(host: string, error: unknown): void {
    this.#reached.set(host, Promise.resolve(false))
    if (this.#told.has(host)) return
    this.#told.add(host)
    tell(this.#cli.stderr, `${messageOf(error)}; fetching the node's copy through the orchestrator`)
  }

  async #download(spec: SpecConfig, folder: string, progress: DownloadProgress): Promise<void> {
    const type = spec.Type.toLowerCase()
    const downloaders = await (this.#downloaders ??= downloadersOf(this.#cli))
    const downloader = downloaders.find(({ types }) => types.some((each) => each.toLowerCase() === type))
    if (!downloader) throw new Fault('NotImplemented', `results of type ${spec.Type} cannot be downloaded`)
    await downloader.download(spec, folder, progress, this.#signal, this.#isWanted)
  }

  async #bringThroughOrchestrator(
    { ID, JobID, PublishedResult }: ShownExecution,
    folder: string,
    progress: DownloadProgress,
  ): Promise<void> {
    const client = await this.#cli.client()
    const SHA256 = PublishedResult?.Params?.SHA256
    let farthest = 0
    let farthestAtMs = this.#cli.clock.monotonicMs()
    const wishes = {
      ...(typeof SHA256 === 'string' ? { sha256: SHA256 } : {}),
      progress: (received: number, total: number | undefined) => {
        if (received > farthest) [farthest, farthestAtMs] = [received, this.#cli.clock.monotonicMs()]
        progress(received, total)
      },
      signal: this.#signal,
      isWanted: this.#isWanted,
    }
    const bring = () => bringArchive((rest) => client.jobs.keptResult(JobID, ID, this.#signal, rest), folder, wishes)
    await whileAway(bring, { clock: this.#cli.clock, signal: this.#signal, heardAtMs: () => farthestAtMs })
  }
}

/** Whom a result would be asked of over HTTP; undefined when it is elsewhere. */
const hostOf = ({ Type, Params }: SpecConfig): string | undefined =>
  Type.toLowerCase() === 'urldownload' ? URL.parse(String(Params?.URL))?.host : undefined
