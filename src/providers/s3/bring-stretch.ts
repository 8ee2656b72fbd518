import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '#lib/clock.ts'
import { isSilence } from '#lib/connection-trouble.ts'
import { Fault, isDiskFull } from '#lib/fault.ts'
import { retryPauseMs } from '#lib/retry-pause.ts'
import { writeAt } from '#lib/write-at.ts'
import type { Stretch } from './ask-object.ts'
import { s3Fault } from './faults.ts'
import type { S3Object } from './listing.ts'

/** How often a transfer is taken up again that does not move. */
export type Patience = { clock: Clock; retries: number }

/** Where a stretch belongs. `what`: its object, for faults. `onBytes` is told of bytes as they come; some may come twice. */
export type StretchPlace = {
  file: FileHandle
  stretch: Stretch
  what: string
  onBytes?: ((bytes: number) => void) | undefined
}

/** So much is written at once. */
const gatheredBytes = 256 * 1024

/**
 * Brings a stretch into its place, and goes on where it broke on the way. `ask` asks for what is missing behind so many bytes.
 * Throws a Fault that names the object.
 */
export async function bringStretch(
  { clock, retries, ...place }: Patience & StretchPlace,
  ask: (receivedBytes: number) => Promise<AsyncIterable<Buffer>>,
  signal: AbortSignal,
): Promise<void> {
  let receivedBytes = 0
  for (let attempt = 1; ; attempt++) {
    try {
      await write(place, await ask(receivedBytes), receivedBytes)
      return
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (!(error instanceof Broken)) throw s3Fault(error, place.what)
      const isMoving = error.receivedBytes > receivedBytes
      const isOver = isDisk(error.cause) || attempt > retries || (isSilence(error.cause) && !isMoving)
      if (isOver) throw s3Fault(error.cause, place.what)
      // A transfer that moves is no failing one.
      if (isMoving) attempt = 0
      receivedBytes = error.receivedBytes
      await clock.sleep(retryPauseMs(Math.max(1, attempt)), signal)
    }
  }
}

const isDisk = (error: unknown): boolean => isDiskFull(error) || (error as NodeJS.ErrnoException).code === 'EIO'

/** Writes what is missing behind what is there already. What breaks says how much of the stretch is there now. */
async function write(
  { file, stretch: { offset, lengthBytes, object }, onBytes }: StretchPlace,
  body: AsyncIterable<Buffer>,
  alreadyBytes: number,
): Promise<void> {
  let receivedBytes = alreadyBytes
  try {
    for await (const chunks of gathered(body)) {
      const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
      if (receivedBytes + bytes > lengthBytes) throw changed(object)
      await writeAt(file, chunks, offset + receivedBytes)
      receivedBytes += bytes
      onBytes?.(bytes)
    }
  } catch (error) {
    throw error instanceof Fault ? error : new Broken(error, receivedBytes)
  }
  if (receivedBytes < lengthBytes) throw new Broken(new Error('the connection ended early'), receivedBytes)
}

/** Little at a time is written as one. What has come before a break is given too. */
async function* gathered(body: AsyncIterable<Buffer>): AsyncIterable<Buffer[]> {
  let chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes < gatheredBytes) continue
      yield chunks
      chunks = []
      bytes = 0
    }
  } catch (error) {
    if (bytes > 0) yield chunks
    throw error
  }
  if (bytes > 0) yield chunks
}

/** A transfer that can go on from where it broke. */
class Broken extends Error {
  readonly receivedBytes: number
  constructor(cause: unknown, receivedBytes: number) {
    super((cause as Error).message, { cause })
    this.receivedBytes = receivedBytes
  }
}

const changed = ({ key }: S3Object): Fault =>
  new Fault('ServiceUnavailable', `the object ${JSON.stringify(key)} changed while it was read`, {
    details: { FailureClass: 'transient' },
    isRetryable: true,
  })
