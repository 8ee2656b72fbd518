import { Readable } from 'node:stream'
import type { ShownExecution } from '#api/decode/execution.ts'
import { Fault, faultOf, messageOf } from '#lib/fault.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { resultDownloaders, unpackResult } from '#providers/downloaders.ts'
import type { Cli } from '../command.ts'
import { tell } from '../tell.ts'

const downloadersOf = async (cli: Cli) => {
  const { settings } = await cli.load('client')
  const ipfsEndpoint = settings.ResultDownloaders.Types.IPFS.Endpoint
  return resultDownloaders({ clock: cli.clock, random: cli.random, environment: cli.env, ipfsEndpoint })
}

export const supportedTypes = async (cli: Cli): Promise<string[]> =>
  (await downloadersOf(cli)).flatMap(({ types }) => types.map((type) => type.toLowerCase()))

/**
 * Brings what executions have published: from where it is said to be, else, when a node may keep it, through the
 * orchestrator [R190]. An address that failed once is not waited for again.
 */
export class PublishedResults {
  readonly #cli: Cli
  readonly #signal: AbortSignal
  readonly #unreachable = new Set<string>()
  #downloaders: ReturnType<typeof downloadersOf> | undefined

  constructor(cli: Cli, signal: AbortSignal) {
    this.#cli = cli
    this.#signal = signal
  }

  /** Into an empty folder; on failure it is empty again. */
  async bring(spec: SpecConfig, owner: ShownExecution | undefined, folder: string): Promise<void> {
    if (owner?.PublishedResult?.Type.toLowerCase() === 'link') return this.#bringThroughOrchestrator(owner, folder)
    const host = hostOf(spec)
    if (host === undefined || owner === undefined) return this.#download(spec, folder)
    if (this.#unreachable.has(host)) return this.#bringThroughOrchestrator(owner, folder)
    try {
      await this.#download(spec, folder)
    } catch (error) {
      if (this.#signal.aborted || faultOf(error).code === 'StorageFull') throw error
      this.#unreachable.add(host)
      tell(this.#cli.stderr, `${messageOf(error)}; fetching the node's copy through the orchestrator`)
      await this.#bringThroughOrchestrator(owner, folder)
    }
  }

  async #download(spec: SpecConfig, folder: string): Promise<void> {
    const type = spec.Type.toLowerCase()
    const downloaders = await (this.#downloaders ??= downloadersOf(this.#cli))
    const downloader = downloaders.find(({ types }) => types.some((each) => each.toLowerCase() === type))
    if (!downloader) throw new Fault('NotImplemented', `results of type ${spec.Type} cannot be downloaded`)
    await downloader.download(spec, folder, () => {}, this.#signal)
  }

  async #bringThroughOrchestrator({ ID, JobID }: ShownExecution, folder: string): Promise<void> {
    const client = await this.#cli.client()
    await unpackResult(Readable.from(client.jobs.keptResult(JobID, ID, this.#signal)), folder, this.#signal)
  }
}

/** Whom a result would be asked of over HTTP; undefined when it is elsewhere. */
const hostOf = ({ Type, Params }: SpecConfig): string | undefined =>
  Type.toLowerCase() === 'urldownload' ? URL.parse(String(Params?.URL))?.host : undefined
