import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Agent } from 'undici'
import type { WriteArchive } from '#contracts/archive.ts'
import type { Publisher, PublishRequest, UploadAddress } from '#contracts/publisher.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { s3Fault } from './faults.ts'

export type ManagedPublisherDeps = {
  uploadAddress: UploadAddress
  write: WriteArchive
}

/**
 * Takes results to the bucket that the operator of the orchestrator keeps. The node needs no credentials: each upload has an
 * address that the orchestrator has signed for it.
 */
export class ManagedPublisher implements Publisher, Startable {
  readonly type = 's3managed'
  readonly #deps: ManagedPublisherDeps
  /** Goes anywhere: addresses come from the orchestrator and from no job. */
  #agent: Promise<Agent> | undefined

  constructor(deps: ManagedPublisherDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {}

  /** Connections are made when they are needed and let go here. */
  async stop(): Promise<void> {
    const agent = this.#agent
    this.#agent = undefined
    await (await agent)?.destroy()
  }

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  /** It has no parameters. */
  async accepts(): Promise<Verdict> {
    return yes
  }

  async publish(request: PublishRequest, signal: AbortSignal): Promise<SpecConfig> {
    const { executionId, jobId, resultDirectory, onLeftOut } = request
    // Beside the result, where it goes with the execution should we fail in between.
    const path = `${resultDirectory}.tar.gz`
    try {
      await this.#deps.write(resultDirectory, path, signal, onLeftOut)
      // Asked for when it is needed: an address works for a while only.
      const address = await this.#deps.uploadAddress({ JobID: jobId, ExecutionID: executionId }).catch(noAddress)
      await this.#put(address, path, signal)
      return { Type: 's3managed', Params: { JobID: jobId, ExecutionID: executionId } }
    } catch (error) {
      throw signal.aborted ? signal.reason : s3Fault(error, 'the managed S3 bucket')
    } finally {
      await rm(path, { force: true })
    }
  }

  /** In one piece, whose digest the store checks; no larger one than the 5 GB that S3 takes so. */
  async #put(address: string, path: string, signal: AbortSignal): Promise<void> {
    const { size } = await stat(path)
    const { origin, pathname, search } = new URL(address)
    this.#agent ??= import('undici').then(({ Agent }) => new Agent())
    const answer = await (await this.#agent).request({
      origin,
      path: pathname + search,
      method: 'PUT',
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(size),
        'content-md5': await md5Of(path, signal),
      },
      body: createReadStream(path),
      signal,
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 200 && answer.statusCode < 300) return
    const code = /<Code>([^<]*)/.exec(text)?.[1] ?? ''
    throw code === 'EntityTooLarge' ? tooLarge(size) : notTaken(`status ${answer.statusCode} ${code}`.trim())
  }
}

async function md5Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5')
  await pipeline(createReadStream(path), hash, { signal })
  return hash.digest('base64')
}

/** Sent again it would be as large. */
const tooLarge = (sizeBytes: number): Fault =>
  new Fault('PayloadTooLarge', `the managed S3 bucket takes no result of ${sizeBytes} packed bytes in one piece`, {
    hint: 'Write less to the results, or publish with `link` or `s3`',
    details: { FailureClass: 'user' },
  })

/** Whatever else the store refuses, its operator can put right while the node keeps the result. */
const notTaken = (why: string): Fault =>
  new Fault('ServiceUnavailable', `failed to upload result file to managed S3 bucket: ${why}`, {
    hint: 'Verify orchestrator configuration and ensure that the pre-signed URL expiration period is not too short',
    details: { FailureClass: 'transient' },
    isRetryable: true,
  })

/** What is wrong with the credentials of the orchestrator is not for another node to try: its operator puts it right meanwhile. */
function noAddress(error: unknown): never {
  const { code, hint, details, isRetryable } =
    error instanceof Fault ? error : new Fault('ServiceUnavailable', messageOf(error), { isRetryable: true })
  if (details?.['FailureClass'] === 'node') throw notTaken(`the orchestrator says: ${messageOf(error)}`)
  throw new Fault(code, `failed to get pre-signed URL for managed S3 publisher: ${messageOf(error)}`, {
    ...(hint ? { hint } : {}),
    ...(details ? { details } : {}),
    isRetryable,
    cause: error,
  })
}
