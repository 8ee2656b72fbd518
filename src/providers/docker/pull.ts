import type { DockerApi } from './api.ts'
import { dockerStatusOf } from './engine-answer.ts'
import { imageFault } from './image-faults.ts'
import { parseImageRef } from './image-ref.ts'
import { registryAuth } from './registry-auth.ts'
import type { DockerSettings } from './settings.ts'

/** Fetches an image. Throws a Fault that names it; aborting stops the transfer. */
export async function pullImage(
  api: DockerApi,
  settings: DockerSettings,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (settings.isPullSkipped) throw new Error('it is not on this node, which uses local images only')
    const ref = parseImageRef(image)
    const query = { fromImage: ref.withLatest }
    const headers = await registryAuth(ref, settings)
    const progress = await api.stream('POST', '/images/create', { query, headers, signal })
    await readProgress(progress)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw imageFault('pull', image, error)
  }
}

/** One JSON object a line, one of which may be the failure. */
async function readProgress(progress: AsyncIterable<Buffer>): Promise<void> {
  let rest = ''
  for await (const chunk of progress) {
    const lines = (rest + chunk.toString('utf8')).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(checkProgress)
  }
  checkProgress(rest)
}

function checkProgress(line: string): void {
  const { error } = (line.trim() === '' ? {} : JSON.parse(line)) as { error?: string }
  if (error) throw new Error(error)
}

/** Whether the engine refused to make a container because it does not have the image. */
export const isImageMissing = (error: unknown): boolean =>
  dockerStatusOf(error) === 404 && /no such image|image not known/i.test(String((error as Error).message))
