import type { DockerApi } from './api.ts'
import { dockerStatusOf, unlessDone } from './engine-answer.ts'
import { parseImageRef } from './image-ref.ts'

/**
 * Gives an image that was pulled by its digest the name that a job has for it, as a pull by that name would: the next job that uses
 * it then needs no registry. A name that another image has already is left to it, unless that is for another platform (`isForeign`).
 */
export async function nameImage(api: DockerApi, pulled: string, asked: string, isForeign = false): Promise<void> {
  const { name, tag = 'latest', digest } = parseImageRef(asked)
  if (digest || (!isForeign && (await isTaken(api, asked)))) return
  const query = { repo: name, tag }
  await unlessDone(api.call('POST', `/images/${encodeURIComponent(pulled)}/tag`, { query }))
}

/** Frees a digest of several platforms from the image of another one, so that ours can be pulled by it: Docker keeps it to that. */
export const forgetDigest = (api: DockerApi, image: string): Promise<void> =>
  unlessDone(api.call('DELETE', `/images/${encodeURIComponent(image)}`, { query: { noprune: true } }))

async function isTaken(api: DockerApi, name: string): Promise<boolean> {
  try {
    await api.call('GET', `/images/${encodeURIComponent(name)}/json`)
    return true
  } catch (error) {
    if (dockerStatusOf(error) === 404) return false
    throw error
  }
}
