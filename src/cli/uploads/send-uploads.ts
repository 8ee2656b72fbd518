import { hash } from 'node:crypto'
import type { Client } from '#client/client.ts'
import { askedAhead } from '#lib/asked-ahead.ts'
import type { Clock } from '#lib/clock.ts'
import { faultOf } from '#lib/fault.ts'
import { formatBytes } from '#lib/sizes.ts'
import { Turns } from '#lib/turns.ts'
import { namedBytes } from '#models/chunk-list.ts'
import type { JobSpec } from '#models/job.ts'
import { changedMeanwhile, type LocalUpload, localUpload } from '#providers/local-upload.ts'
import type { Cli } from '../command.ts'
import { Speed } from '../progress/speed.ts'
import { Steps } from '../progress/steps.ts'
import { during } from '../shared/wrap-error.ts'
import { naming, pathsToSend, warnOfLeftOut } from './named-uploads.ts'

/** Chunks that are on their way at once, as long as nothing breaks. */
const atOnce = 4
/** How long a server that takes nothing is asked again. */
const patienceMs = 60_000
const pauseMs = 200
/** Of a chunk, where the line has broken before: what a break costs is at most this. */
const pieceBytes = 256 * 1024
/** So often a server may have forgotten what was begun without having taken anything of it. */
const mostGone = 3

/**
 * Sends what inputs of a job name by a path of this machine, as far as the server has it not already, and gives the job as
 * it is submitted then. Broken off it leaves nothing but chunks that the next time need not be sent.
 */
export async function sendUploads(spec: JobSpec, isQuiet: boolean, cli: Cli): Promise<JobSpec> {
  const paths = await pathsToSend(spec, cli)
  const steps = new Steps(cli.stderr, cli.clock, Math.max(...paths.map((path) => stepText(path).length)), isQuiet)
  const client = await cli.client()
  const uploads = new Map<string, LocalUpload>()
  const sendOne = (path: string, upload: LocalUpload) =>
    during(`cannot send ${path}`, send(upload, spec.Namespace, client, cli, steps))
  try {
    for (const path of paths) {
      steps.begin(stepText(path))
      const upload = await read(path, cli, steps)
      uploads.set(path, upload)
      await sendOne(path, upload)
    }
    // What was sent first may have gone, for want of room, by the time that the last of it is there.
    for (let isAnySent = uploads.size > 1; isAnySent; ) {
      isAnySent = false
      for (const each of uploads) isAnySent = (await sendOne(...each)) || isAnySent
    }
  } catch (error) {
    steps.end(cli.interrupted.aborted ? 'cancelled' : 'failed')
    throw error
  }
  steps.end('done')
  for (const [path, upload] of uploads) warnOfLeftOut(path, upload, cli)
  return naming(spec, uploads)
}

const stepText = (path: string): string => `Sending ${path}`

async function read(path: string, cli: Cli, steps: Steps): Promise<LocalUpload> {
  let readBytes = 0
  steps.note(() => `${formatBytes(readBytes)} read`)
  return localUpload(cli.resolve(path), cli.interrupted, (bytes) => (readBytes = bytes))
}

/** Until all of it is there; whether anything had to be sent. What the server has no more it is given again. */
async function send(upload: LocalUpload, namespace: string, client: Client, cli: Cli, steps: Steps): Promise<boolean> {
  const patiently = patience(cli)
  let goneInARow = 0
  for (let isAnySent = false; ; isAnySent = true) {
    const { ID, Missing } = await patiently(() => client.jobs.beginUpload(upload.list, { namespace }))
    if (Missing.length === 0) return isAnySent
    const missing = new Set(Missing)
    let sentBytes = 0
    steps.note(howFar(() => sentBytes, namedBytes(upload.list, missing), cli.clock))
    const sending = sendMissing(upload, missing, async (digest, bytes) => {
      for (let at = 0; at < bytes.length; ) {
        const end = await patiently((hasBroken) =>
          sendFrom(at, bytes, hasBroken, (piece, where) =>
            client.jobs.uploadChunk(ID, digest, piece, { namespace, ...where }),
          ),
        )
        sentBytes += end - at
        at = end
      }
    })
    await sending.catch((error: unknown) => {
      goneInARow = sentBytes > 0 ? 0 : goneInARow + 1
      if (faultOf(error).code !== 'NotFound' || goneInARow === mostGone) throw error
    })
  }
}

/** Sends all of a chunk, or a piece of it where the line breaks; gives where that ends. */
async function sendFrom(
  at: number,
  bytes: Uint8Array,
  hasBroken: boolean,
  put: (piece: Uint8Array, where: { offset?: number }) => Promise<void>,
): Promise<number> {
  const end = hasBroken || at > 0 ? Math.min(bytes.length, at + pieceBytes) : bytes.length
  if (at === 0 && end === bytes.length) await put(bytes, {})
  else {
    try {
      await put(bytes.subarray(at, end), { offset: at })
    } catch (error) {
      // A server of an earlier release takes the piece for a chunk.
      if (at > 0 || faultOf(error).code !== 'BadRequest') throw error
      await put(bytes, {})
      return bytes.length
    }
  }
  return end
}

/**
 * Asks a server that cannot be reached again, until nothing got through for a while. A line that broke once may break again, or be
 * too slow for several at once: from then on one question is under way at a time.
 */
function patience({
  clock,
  interrupted,
}: Cli): <Answer>(ask: (hasBroken: boolean) => Promise<Answer>) => Promise<Answer> {
  const alone = new Turns(1)
  let hasBroken = false
  let throughAtMs = clock.monotonicMs()
  return async (ask) => {
    for (;;) {
      try {
        const answer = await (hasBroken ? alone.take(() => ask(true)) : ask(false))
        throughAtMs = clock.monotonicMs()
        return answer
      } catch (error) {
        const isOver = clock.monotonicMs() > throughAtMs + patienceMs
        if (isOver || interrupted.aborted || !faultOf(error).isRetryable) throw error
        hasBroken = true
        await clock.sleep(pauseMs, interrupted)
      }
    }
  }
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
