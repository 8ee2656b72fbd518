import { hash } from 'node:crypto'
import type { Client } from '#client/client.ts'
import { askedAhead } from '#lib/asked-ahead.ts'
import { Fault, faultOf } from '#lib/fault.ts'
import { formatBytes } from '#lib/sizes.ts'
import type { JobSpec } from '#models/job.ts'
import { uploadBytes } from '#models/upload.ts'
import type { LocalUpload } from '#providers/local-upload.ts'
import type { Cli } from '../command.ts'
import { Steps } from '../progress/steps.ts'
import { during } from '../shared/wrap-error.ts'
import { naming, readUploads } from './named-uploads.ts'

/** Chunks that are on their way at once. */
const atOnce = 4
/** How long a server that takes nothing is asked again. */
const patienceMs = 60_000
const pauseMs = 500

/**
 * Sends what inputs of a job name by a path of this machine, as far as the server has it not already, and gives the job as
 * it is submitted then. Broken off it leaves nothing but chunks that the next time need not be sent.
 */
export async function sendUploads(spec: JobSpec, isQuiet: boolean, cli: Cli): Promise<JobSpec> {
  const uploads = await readUploads(spec, cli)
  if (uploads.size === 0) return spec
  const width = Math.max(...[...uploads.keys()].map((path) => stepText(path).length))
  const steps = new Steps(cli.stderr, cli.clock, width, isQuiet)
  const client = await cli.client()
  for (const [path, upload] of uploads) {
    steps.begin(stepText(path))
    const tell = (sentBytes: number, missingBytes: number) =>
      steps.note(`${formatBytes(sentBytes)} of ${formatBytes(missingBytes)} sent`)
    await during(`cannot send ${path}`, send(upload, spec.Namespace, client, cli, tell)).catch((error: unknown) => {
      steps.end(cli.interrupted.aborted ? 'cancelled' : 'failed')
      throw error
    })
  }
  steps.end('done')
  return naming(spec, uploads)
}

const stepText = (path: string): string => `Sending ${path}`

type Tell = (sentBytes: number, missingBytes: number) => void

async function send(upload: LocalUpload, namespace: string, client: Client, cli: Cli, tell: Tell): Promise<void> {
  for (let giveUpAtMs = 0; ; ) {
    let hasSent = false
    try {
      const { ID, Missing } = await client.jobs.beginUpload(upload.list, { namespace })
      if (Missing.length === 0) return
      for await (const _ of sendMissing(upload, new Set(Missing), tell, (digest, bytes) =>
        client.jobs.uploadChunk(ID, digest, bytes, { namespace }),
      )) {
        hasSent = true
      }
    } catch (error) {
      const nowMs = cli.clock.monotonicMs()
      if (hasSent || giveUpAtMs === 0) giveUpAtMs = nowMs + patienceMs
      if (!faultOf(error).isRetryable || cli.interrupted.aborted || nowMs > giveUpAtMs) throw error
      await cli.clock.sleep(pauseMs, cli.interrupted)
    }
  }
}

/** Yields after each chunk that has arrived. */
async function* sendMissing(
  { list, chunks }: LocalUpload,
  missing: Set<string>,
  tell: Tell,
  put: (digest: string, bytes: Uint8Array) => Promise<void>,
): AsyncGenerator<void> {
  const wanted = { Chunks: list.Chunks.filter(({ SHA256 }) => missing.has(SHA256)) }
  const missingBytes = uploadBytes(wanted)
  let sentBytes = 0
  async function* sought(): AsyncGenerator<{ digest: string; bytes: Buffer }> {
    for await (const bytes of chunks()) {
      const digest = hash('sha256', bytes)
      if (missing.delete(digest)) yield { digest, bytes }
    }
  }
  const sendOne = async ({ digest, bytes }: { digest: string; bytes: Buffer }) => {
    await put(digest, bytes)
    sentBytes += bytes.length
    tell(sentBytes, missingBytes)
  }
  yield* askedAhead(sought(), atOnce, sendOne)
  if (missing.size > 0) throw changed()
}

const changed = (): Fault =>
  new Fault('Conflict', 'it changed while it was sent', { hint: 'Run the command again when it is at rest.' })
