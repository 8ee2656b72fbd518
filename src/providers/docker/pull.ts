import type { Clock } from '#lib/clock.ts'
import type { DockerApi } from './api.ts'
import { dockerStatusOf } from './engine-answer.ts'
import { imageFault, pullSkipped } from './image-faults.ts'
import { parseImageRef } from './image-ref.ts'
import { PullProgress } from './pull-progress.ts'
import { registryAuth } from './registry-auth.ts'
import type { DockerSettings } from './settings.ts'

const lineLimit = 1024 * 1024

export type Pull = { image: string; clock: Clock; tell: (text: string) => void }

/** Fetches an image, and tells of it. Throws a Fault that names it; aborting stops the transfer. */
export async function pullImage(
  api: DockerApi,
  settings: DockerSettings,
  { image, clock, tell }: Pull,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (settings.isPullSkipped) throw pullSkipped()
    const ref = parseImageRef(image)
    const query = { fromImage: ref.withLatest }
    const headers = await registryAuth(ref, settings)
    const progress = new PullProgress(image, clock, tell)
    const lines = await api.stream('POST', '/images/create', { query, headers, signal })
    for await (const line of linesOf(lines)) progress.take(line)
    progress.end()
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw imageFault('pull', image, error)
  }
}

/** One JSON object a line. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString('utf8')).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineLimit) throw new Error('the engine tells of its progress in a line without end')
    yield* lines
  }
  yield rest
}

/** Whether the engine refused to make a container because it does not have the image. */
export const isImageMissing = (error: unknown): boolean =>
  dockerStatusOf(error) === 404 && /no such image|image not known/i.test(String((error as Error).message))
