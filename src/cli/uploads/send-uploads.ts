import { hash } from 'node:crypto'
import type { Client } from '#client/client.ts'
import { askedAhead } from '#lib/asked-ahead.ts'
import type { Clock } from '#lib/clock.ts'
import { faultOf } from '#lib/fault.ts'
import { formatBytes } from '#lib/sizes.ts'
import type { JobSpec } from '#models/job.ts'
import { uploadBytes } from '#models/upload.ts'
import { changedMeanwhile, type LocalUpload } from '#providers/local-upload.ts'
import type { Cli } from '../command.ts'
import { Speed } from '../progress/speed.ts'
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
  const width = Math.max(...[...uploads.keys()].map((path) => stepText(path).length))
  const steps = new Steps(cli.stderr, cli.clock, width, isQuiet)
  const client = await cli.client()
  for (const [path, upload] of uploads) {
    steps.begin(stepText(path))
    await during(`cannot send ${path}`, send(upload, spec.Namespace, client, cli, steps)).catch((error: unknown) => {
      steps.end(cli.interrupted.aborted ? 'cancelled' : 'failed')
      throw error
    })
  }
  steps.end('done')
  return naming(spec, uploads)
}

const stepText = (path: string): string => `Sending ${path}`

async function send(upload: LocalUpload, namespace: string, client: Client, cli: Cli, steps: Steps): Promise<void> {
  for (let giveUpAtMs = 0; ; ) {
    let sentBytes = 0
    try {
      const { ID, Missing } = await client.jobs.beginUpload(upload.list, { namespace })
      if (Missing.length === 0) return
      const missing = new Set(Missing)
      steps.note(howFar(() => sentBytes, bytesOf(upload, missing), cli.clock))
      await sendMissing(upload, missing, async (digest, bytes) => {
        await client.jobs.uploadChunk(ID, digest, bytes, { namespace })
        sentBytes += bytes.length
      })
    } catch (error) {
      const nowMs = cli.clock.monotonicMs()
      if (sentBytes > 0 || giveUpAtMs === 0) giveUpAtMs = nowMs + patienceMs
      if (!faultOf(error).isRetryable || cli.interrupted.aborted || nowMs > giveUpAtMs) throw error
      await cli.clock.sleep(pauseMs, cli.interrupted)
    }
  }
}

/** Each chunk counts once, however often it stands there. */
function bytesOf({ list }: LocalUpload, digests: ReadonlySet<string>): number {
  const chunks = new Map(list.Chunks.map((chunk) => [chunk.SHA256, chunk]))
  return uploadBytes({ Chunks: [...chunks.values()].filter(({ SHA256 }) => digests.has(SHA256)) })
}

/** Told anew whenever somebody looks. */
function howFar(sentBytes: () => number, missingBytes: number, clock: Clock): () => string {
  const speed = new Speed(clock)
  return () => {
    const sent = sentBytes()
    speed.note(sent)
    return [`${formatBytes(sent)} of ${formatBytes(missingBytes)}`, ...speed.texts(missingBytes - sent)].join(', ')
  }
}

async function sendMissing(
  { chunks }: LocalUpload,
  missing: Set<string>,
  put: (digest: string, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  async function* sought(): AsyncGenerator<{ digest: string; bytes: Buffer }> {
    for await (const bytes of chunks()) {
      const digest = hash('sha256', bytes)
      if (missing.delete(digest)) yield { digest, bytes }
    }
  }
  for await (const _ of askedAhead(sought(), atOnce, ({ digest, bytes }) => put(digest, bytes)));
  if (missing.size > 0) throw changedMeanwhile('it changed')
}
