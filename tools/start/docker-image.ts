import { messageOf } from '#lib/fault.ts'
import { SystemClock } from '#platform/clock.ts'
import { DockerApi } from '#providers/docker/api.ts'
import { dockerTarget } from '#providers/docker/docker-host.ts'
import { pullImage } from '#providers/docker/pull.ts'
import { defaultDockerSettings } from '#providers/docker/settings.ts'

const image = 'busybox'
const pullLimitMs = 60_000

/** Why nothing can run in a container here; undefined when an engine and the image are at hand. */
export async function whyNoContainer(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string | undefined> {
  const settings = { ...defaultDockerSettings, host: env['DOCKER_HOST'] ?? '' }
  if (settings.host !== '' && !settings.host.startsWith('unix:')) return 'DOCKER_HOST is no engine of this machine'
  const clock = new SystemClock()
  const api = new DockerApi(dockerTarget(settings), clock)
  try {
    await api.ping(signal)
    if (await hasImage(api, signal)) return undefined
    const pull = { image, clock, tell: () => {} }
    await pullImage(api, settings, pull, AbortSignal.any([signal, AbortSignal.timeout(pullLimitMs)]))
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    return messageOf(error)
  }
}

const hasImage = (api: DockerApi, signal: AbortSignal): Promise<boolean> =>
  api.call('GET', `/images/${image}:latest/json`, { signal }).then(
    () => true,
    () => false,
  )
