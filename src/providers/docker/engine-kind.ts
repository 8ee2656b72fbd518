import type { DockerApi, EngineVersion } from './api.ts'

type Info = { LiveRestoreEnabled?: boolean; SecurityOptions?: string[] | null }

const infoOf = (api: DockerApi) => api.call<Info>('GET', '/info').catch(() => undefined)

async function isDocker(api: DockerApi): Promise<boolean> {
  const version = await api.call<EngineVersion>('GET', '/version').catch(() => undefined)
  return version?.Components?.some(({ Name }) => Name === 'Engine') === true
}

/**
 * Whether containers go on while the engine is away: with Docker by its setting, with Podman always, whose service has no part
 * in them. When they do not, nothing that has ended meanwhile can be trusted to have ended of itself.
 */
export async function outlivesEngine(api: DockerApi): Promise<boolean> {
  return (await infoOf(api))?.LiveRestoreEnabled === true || !(await isDocker(api))
}

/** Whether root in its containers is root of the machine. Podman is left out: it empties folders that files are put into. */
export async function isRootsDocker(api: DockerApi): Promise<boolean> {
  const options = (await infoOf(api))?.SecurityOptions ?? []
  return (await isDocker(api)) && !options.some((each) => /^name=(?:rootless|userns)/.test(each))
}
