import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ReadPart, WriteArchive } from '#contracts/archive.ts'
import type { OfferResult, Publisher, PublishRequest, ResultPart, ResultQuery } from '#contracts/publisher.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, isDiskFull, messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import type { ExecutionId } from '#models/ids.ts'
import { resultName } from '#models/result-name.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { LinkSettings } from './settings.ts'
import { untilAnswered } from './until-answered.ts'

export type LinkPublisherDeps = { clock: Clock; write: WriteArchive; read: ReadPart; offer: OfferResult }

/**
 * Gives results to the orchestrator over the connection that the node has anyway: no store, no open port. The orchestrator takes
 * them piece by piece, and goes on where it was after any break on either side; a result waits here until all of it is there.
 */
export class LinkPublisher implements Publisher, Startable {
  readonly type = 'link'
  readonly #settings: LinkSettings
  readonly #deps: LinkPublisherDeps

  constructor(settings: LinkSettings, deps: LinkPublisherDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  async start(): Promise<void> {
    await mkdir(this.#settings.directory, { recursive: true, mode: 0o700 })
  }

  async stop(): Promise<void> {}

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  async accepts(): Promise<Verdict> {
    return yes
  }

  async publish({ executionId, jobId, resultDirectory }: PublishRequest, signal: AbortSignal): Promise<SpecConfig> {
    const path = this.#pathOf(executionId)
    try {
      // What an earlier life has packed is the result: packed again it would be other bytes, and sent from its beginning.
      if (!(await this.isPacked(executionId))) await this.#deps.write(resultDirectory, path, signal)
      const { size: SizeBytes } = await stat(path)
      const SHA256 = await digestOf(path, signal)
      const offer = { ExecutionID: executionId, SizeBytes, SHA256 }
      // Until the orchestrator has it, or says that it does not want it.
      const ask = async () => (await this.#deps.offer(offer)).IsTaken || undefined
      await untilAnswered(ask, this.#deps.clock, signal)
      return { Type: 'link', Params: { JobID: jobId, ExecutionID: executionId, SizeBytes, SHA256 } }
    } catch (error) {
      throw signal.aborted ? signal.reason : publishFault(error)
    } finally {
      if (signal.reason !== 'leaving') await rm(path, { force: true })
    }
  }

  async isPacked(executionId: ExecutionId): Promise<boolean> {
    return (await this.#deps.read(this.#pathOf(executionId), 0, 0)) !== undefined
  }

  async readKept({ executionId, offset, limitBytes }: ResultQuery): Promise<ResultPart | undefined> {
    return this.#deps.read(this.#pathOf(executionId), offset, limitBytes)
  }

  #pathOf(executionId: ExecutionId): string {
    return join(this.#settings.directory, resultName(executionId))
  }
}

async function digestOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, { signal })
  return hash.digest('hex')
}

function publishFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const isFull = isDiskFull(error)
  return new Fault(isFull ? 'StorageFull' : 'ServiceUnavailable', `link publisher failed: ${messageOf(error)}`, {
    component: 'LinkPublisher',
    details: { FailureClass: 'node' },
    isRetryable: !isFull,
    cause: error,
  })
}
